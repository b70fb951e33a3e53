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
    selectScenarios(scenarios, selection).map(({ id }) => id);
  t.same(ids({}), ['disk', 'net[a=1]', 'net[a=2]']);
  t.same(ids({ names: ['net', 'disk'] }), ['disk', 'net[a=1]', 'net[a=2]'], 'in the list’s order');
  t.same(ids({ names: ['net[a=2]'] }), ['net[a=2]']);
  t.same(ids({ names: ['./net.yaml'] }), ['net[a=1]', 'net[a=2]']);
  t.same(ids({ names: ['The disk'] }), ['disk']);
  t.same(ids({ tags: ['slow'] }), ['disk']);
  t.same(ids({ tags: ['slow', 'vm'] }), ['disk', 'net[a=1]', 'net[a=2]'], 'any of the tags');
  t.same(ids({ tags: ['vm'], notTags: ['slow'] }), ['net[a=1]', 'net[a=2]']);
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
