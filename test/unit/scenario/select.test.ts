import t from 'tap';
import { selectScenarios, type Selection } from '../../../driver/scenario/index.js';
import { load } from './scenario-files.js';

t.test('scenarios are chosen by id, file, name and tag', async (t) => {
  const { scenarios, problems } = await load(t, {
    'disk.yaml': ['name: The disk', 'tags: [vm, slow]', 'steps: [{ run: id }]'],
    'net.yaml': ['name: The net', 'tags: [vm]', 'matrix: { a: [1, 2] }', 'steps: [{ run: id }]'],
  });
  t.same(problems, []);
  const ids = (selection: Selection): string[] =>
    selectScenarios(scenarios, selection).scenarios.map(({ id }) => id);
  t.same(ids({}), ['disk', 'net[a=1]', 'net[a=2]']);
  t.same(ids({ names: ['net', 'disk'] }), ['disk', 'net[a=1]', 'net[a=2]'], 'in the list’s order');
  t.same(ids({ names: ['net[a=2]'] }), ['net[a=2]']);
  t.same(ids({ names: ['./net.yaml'] }), ['net[a=1]', 'net[a=2]']);
  t.same(ids({ names: ['The disk'] }), ['disk']);
  t.same(ids({ tags: ['slow'] }), ['disk']);
  t.same(ids({ tags: ['slow', 'vm'] }), ['disk', 'net[a=1]', 'net[a=2]'], 'any of the tags');
  t.same(ids({ tags: ['vm'], notTags: ['slow'] }), ['net[a=1]', 'net[a=2]']);
  t.same(ids({ tags: ['vm and not slow'] }), ['net[a=1]', 'net[a=2]']);
  t.same(ids({ tags: ['vm and not slow', 'slow'] }), ['disk', 'net[a=1]', 'net[a=2]']);
  t.same(ids({ notTags: ['vm and not slow'] }), ['disk']);
  t.throws(() => ids({ tags: ['vm and slwo'] }), { code: 'TAPBOOT_E_TAG_UNKNOWN' });
  t.throws(() => ids({ names: ['disc'] }), {
    code: 'TAPBOOT_E_SCENARIO_UNKNOWN',
    failureClass: 'scenario',
    details: { hint: "did you mean 'disk'?" },
  });
  t.throws(() => ids({ notTags: ['slwo'] }), {
    code: 'TAPBOOT_E_TAG_UNKNOWN',
    details: { hint: "did you mean 'slow'?" },
  });
  t.throws(() => ids({ names: ['disk'], notTags: ['slow'] }), { code: 'TAPBOOT_E_SCENARIO_NONE' });
});

t.test('scenarios are chosen by a part of their id or name', async (t) => {
  const { scenarios } = await load(t, {
    'disk.yaml': ['name: The volume group', 'steps: [{ run: id }]'],
    'net.yaml': ['name: The net', 'matrix: { a: [1, 2] }', 'steps: [{ run: id }]'],
  });
  const ids = (grep: Selection['grep']): string[] =>
    selectScenarios(scenarios, { grep }).scenarios.map(({ id }) => id);
  t.same(ids({ text: 'VOLUME' }), ['disk'], 'in the name, whatever the case');
  t.same(ids({ text: 'net[a=1' }), ['net[a=1]'], 'in the id, every character as it stands');
  const pattern = (source: string, flags = ''): Selection['grep'] => ({
    pattern: { source, flags },
  });
  t.same(ids(pattern('^(disk|net.*2)')), ['disk', 'net[a=2]']);
  t.same(ids(pattern('^the NET', 'i')), ['net[a=1]', 'net[a=2]']);
  t.throws(() => ids(pattern('^the NET')), { code: 'TAPBOOT_E_SCENARIO_NONE' });
});

t.test('a scenario brings those whose checkpoints it starts from', async (t) => {
  const { scenarios, problems } = await load(t, {
    'c.yaml': ['name: C', 'tags: [last]', 'from: b#two', 'steps: [{ run: id }]'],
    'a.yaml': ['name: A', 'tags: [first]', 'steps: [{ checkpoint: one }]'],
    'b.yaml': ['name: B', 'from: a#one', 'steps: [{ checkpoint: two }]'],
    'd.yaml': ['name: D', 'steps: [{ run: id }]'],
  });
  t.same(problems, []);
  const told = (selection: Selection): string[][] => {
    const selected = selectScenarios(scenarios, selection);
    return [selected.scenarios, selected.brought].map((list) => list.map(({ id }) => id));
  };
  t.same(told({ names: ['c'] }), [
    ['a', 'b', 'c'],
    ['a', 'b'],
  ]);
  t.same(told({ tags: ['last', 'first'] }), [['a', 'b', 'c'], ['b']]);
  t.same(told({ notTags: ['first'] }), [['a', 'b', 'c', 'd'], ['a']], 'nothing can run without');
  t.same(told({}), [['a', 'b', 'c', 'd'], []]);
  t.same(told({ only: ({ id }) => id === 'b' }), [['a', 'b'], ['a']]);
});
