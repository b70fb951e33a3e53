import { symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { describeError } from '../../../../driver/errors.js';
import { checkScenarios, loadScenarios, readScenarios } from '../../../../driver/scenario/index.js';
import type { Step } from '../../../../driver/steps/step.js';
import { complaints, filesIn, load, scenarioOf } from '../scenario-files.js';

const fixtures = join(import.meta.dirname, '../fixtures/right');

t.test('a scenario that says little has the defaults', async (t) => {
  const scenario = await scenarioOf(t, ['steps: [{ run: id }]']);
  t.match(scenario, {
    id: 'it',
    baseId: 'it',
    file: 'it.yaml',
    path: join(t.testdirName, 'it.yaml'),
    name: 'It',
    tags: [],
    subject: 'machine',
    timeoutMs: 60_000,
    at: { file: 'it.yaml', line: 1, column: 7 },
  });
  t.same(scenario.machine, {
    memoryBytes: 512 * 2 ** 20,
    cpus: 1,
    disks: [{ name: 'vda', sizeBytes: 4 * 2 ** 30 }],
    network: 'isolated',
  });
  t.same(scenario.steps, [
    {
      kind: 'run',
      at: { file: 'it.yaml', line: 2, column: 9 },
      title: 'run: id',
      always: false,
      timeoutMs: 60_000,
      command: 'id',
      expect: { exit: { oneOf: [0] } },
    },
  ]);
});

t.test('every key of the language arrives in the model', async (t) => {
  const { scenarios, plans, problems } = await checkScenarios([fixtures], {
    workingDirectory: fixtures,
  });
  // the-flavour.yaml uses a plan that lies elsewhere; here only its absence is wrong.
  t.same([...new Set(problems.map(({ code }) => code))], ['TAPBOOT_E_PLAN_UNKNOWN']);
  t.same(
    plans.map(({ name }) => name),
    ['commands'],
  );
  const [first, ...others] = scenarios.filter(({ baseId }) => baseId === 'every-key');
  t.equal(first?.id, 'every-key[memory=512M,flavour=1.10]');
  t.equal(
    first?.name,
    'Every key of the language every-key[memory=512M,flavour=1.10] [memory=512M,flavour=1.10]',
  );
  t.same(
    others.map(({ matrix }) => matrix),
    [
      { memory: '512M', flavour: 'two' },
      { memory: '1G', flavour: '1.10' },
      { memory: '1G', flavour: 'two' },
    ],
  );
  t.same(others[2]?.machine.memoryBytes, 2 ** 30);
  t.same(first?.redactedValues, ['secret']);
  const snapshot = join(import.meta.dirname, '../fixtures/every-key.model.json');
  const model = JSON.parse(JSON.stringify(first).replaceAll(fixtures, '<here>')) as unknown;
  t.same(model, JSON.parse(await readFile(snapshot, 'utf8')));
});

t.test('the flavour of the first sketch parses as it is written', async (t) => {
  const sketch = await readFile(join(fixtures, 'the-flavour.yaml'), 'utf8');
  const plan = join(import.meta.dirname, '../../../../scenarios/plans/raid-lvm-residue.yaml');
  const { problems, scenarios } = await load(t, {
    'sketch.yaml': sketch,
    'plans/raid-lvm-residue.yaml': await readFile(plan, 'utf8'),
  });
  t.same(problems, []);
  const kinds = scenarios[0]?.steps.filter(({ via }) => via === undefined).map(({ kind }) => kind);
  t.same(kinds, ['wait', 'run', 'start', 'disks']);
});

t.test('variables: command line over matrix over file, and a matrix is narrowed', async (t) => {
  const files = {
    'it.yaml': [
      'name: It',
      'variables: { a: file, b: file, c: file }',
      'matrix: { b: [one, two] }',
      'steps:',
      '  - run: echo ${a} ${b} ${c} ${tapboot.run} ${tapboot.scenario} $${a} $a',
    ],
  };
  const commands = async (variables: Record<string, string>): Promise<string[]> => {
    const { scenarios, problems } = await load(t, files, { variables, run: 'the-run' });
    t.same(problems, []);
    return scenarios.map(({ steps }) => (steps[0] as Extract<Step, { kind: 'run' }>).command);
  };
  t.same(await commands({}), [
    'echo file one file the-run it[b=one] ${a} $a',
    'echo file two file the-run it[b=two] ${a} $a',
  ]);
  t.same(await commands({ a: 'given', b: 'given' }), [
    'echo given given file the-run it[b=given] ${a} $a',
  ]);
});

t.test('a value on the command line that nothing takes is refused', async (t) => {
  const files = { 'it.yaml': ['name: It', 'variables: { limit: 5s }', 'steps: [{ run: id }]'] };
  t.equal(
    await complaints(t, files, { variables: { limt: '6s' } }),
    [
      "no scenario has a variable 'limt' [TAPBOOT_E_VARIABLE_UNUSED]",
      '  expected: a variable: limit',
      '  got:      limt',
      "  next:     did you mean 'limit'?",
    ].join('\n'),
  );
});

t.test('steps of a plan keep their place, and know who used them', async (t) => {
  const scenario = await scenarioOf(
    t,
    [
      'variables: { word: scenario }',
      'timeout: 7s',
      'steps:',
      '  - plan: say/words',
      '    name: say it',
      '    always: true',
      '    checkpoint: said',
      '  - plan: { use: say/words, variables: { word: "own-${word}" } }',
    ],
    {
      'plans/say.yaml': [
        'plan: say',
        'variables: { word: plan, other: plan }',
        'sections:',
        '  words:',
        '    - run: echo ${word}',
        '    - run: echo ${other}',
        '      timeout: 1s',
      ],
    },
  );
  const via = { plan: 'say', section: 'words' };
  t.match(scenario.steps, [
    {
      title: 'run: echo scenario',
      always: true,
      timeoutMs: 7000,
      at: { file: 'plans/say.yaml', line: 5, column: 7 },
      via: { ...via, name: 'say it', at: { file: 'it.yaml', line: 5, column: 5 } },
    },
    { title: 'run: echo plan', always: true, timeoutMs: 1000, saveAs: 'said', via },
    { title: 'run: echo own-scenario', always: false, via: { at: { line: 9 } } },
    { title: 'run: echo plan', via },
  ]);
  t.equal(scenario.steps[0]?.saveAs, undefined);
  t.equal(scenario.steps[3]?.saveAs, undefined);
});

t.test('a plan does not see the scenario’s built-in variables', async (t) => {
  const told = await complaints(t, {
    'it.yaml': ['name: It', 'steps: [{ plan: a/b }]'],
    'plans/a.yaml': ['plan: a', 'sections: { b: [{ run: "echo ${tapboot.run}" }] }'],
  });
  t.match(told, /^plans\/a.yaml:2:\d+: there is no variable 'tapboot.run'/);
});

t.test('redacted values are in no complaint', async (t) => {
  const told = await complaints(
    t,
    {
      'it.yaml': [
        'name: It',
        'variables: { password: hunter2 }',
        'redact: [password, token]',
        'steps:',
        '  - run: id',
        '    timeout: ${token}',
        '  - run: echo ${x}',
      ],
    },
    { variables: { token: 'abc123' } },
  );
  t.match(told, /got: {6}'\[redacted\]'/);
  t.notMatch(told, /abc123|hunter2/);
});

t.test('a wait for a unit counts from the step that started it, if one did', async (t) => {
  const since = async (lines: string[]): Promise<unknown> => {
    const { steps } = await scenarioOf(t, ['steps:', ...lines]);
    return steps.flatMap((step) =>
      step.kind === 'wait' && step.for.what === 'unit-ended' ? [step.for.since] : [],
    );
  };
  const wait = '  - wait: { unit: a.service, ended: any }';
  const start = '  - start: { unit: a.service }';
  t.same(await since([wait, start, wait]), ['boot', 'step']);
  t.same(await since([start.replace('a.service', 'b.service'), wait]), ['boot']);
  t.same(await since([start, wait.replace('any', 'any, since: boot')]), ['boot']);
});

t.test('a scenario takes over the machine of the one it starts from, or says so', async (t) => {
  const base = ['name: Base', 'machine: { memory: 1G }', 'steps: [{ checkpoint: here }]'];
  const from = ['name: It', 'from: z-base#here', 'steps: [{ run: id }]'];
  const { scenarios, problems } = await load(t, { 'it.yaml': from, 'z-base.yaml': base });
  t.same(problems, []);
  t.same(
    scenarios.map(({ id, machine }) => [id, machine.memoryBytes]),
    [
      ['it', 2 ** 30],
      ['z-base', 2 ** 30],
    ],
  );
  t.same(scenarios[0]?.from?.checkpoint, 'here');
  const other = [...from, 'machine: { memory: 2G }'];
  const told = await complaints(t, { 'it.yaml': other, 'z-base.yaml': base });
  t.match(told, /^it.yaml:4:10: the machine differs from that of 'z-base'/);
});

t.test('a scenario with a mistake is left out, the others are there', async (t) => {
  const { scenarios, problems } = await load(t, {
    'a.yaml': ['name: A', 'steps: [{ plan: p/s }]'],
    'b.yaml': ['name: B', 'steps: [{ plan: p/s }]'],
    'c.yaml': ['name: C', 'steps: [{ run: id }]'],
    'd.yaml': ['nmae: D'],
    'plans/p.yaml': ['plan: p', 'sections: { s: [{ run: "${x}" }] }'],
  });
  t.same(
    scenarios.map(({ id }) => id),
    ['c'],
  );
  t.equal(problems.filter(({ details }) => details.at?.file === 'plans/p.yaml').length, 1);
});

t.test('plans that cannot be read are a mistake, none at all are not', async (t) => {
  const directory = t.testdir({ 'a.yaml': 'version: 1\nname: A\nsteps: [{ run: id }]\n' });
  const check = () => checkScenarios([directory], { workingDirectory: directory });
  t.same((await check()).problems, []);
  symlinkSync('plans', join(directory, 'plans'));
  await t.rejects(check(), {
    code: 'TAPBOOT_E_SCENARIO_UNREADABLE',
    failureClass: 'scenario',
    details: { got: /ELOOP/ },
  });
});

t.test('two files of one name, in two directories', async (t) => {
  const text = ['name: X', 'steps: [{ run: id }]'];
  const directory = await filesIn(t, { 'one/x.yaml': text, 'two/x.yaml': text });
  const { problems, files } = await readScenarios(['one', 'two', 'one/x.yaml'], {
    workingDirectory: directory,
  });
  t.equal(files.length, 2, 'a file named twice is read once');
  t.match(problems.map(describeError), [/^two\/x.yaml:1:7: two files give the scenario 'x'/]);
});

t.test('loadScenarios throws one error that lists all mistakes', async (t) => {
  const directory = await filesIn(t, {
    'a.yaml': ['name: A', 'steps: []'],
    'b.yaml': ['name: B', 'steps: [{ run: id, timeout: 5 }]'],
  });
  const options = { workingDirectory: directory };
  await t.rejects(loadScenarios(['.'], options), {
    code: 'TAPBOOT_E_SCENARIO_PROBLEMS',
    failureClass: 'scenario',
    message: '2 problems in 2 files',
    details: { output: /^a.yaml:2:8: [\s\S]*\n\nb.yaml:2:29: / },
  });
  await t.rejects(loadScenarios(['a.yaml'], options), { code: 'TAPBOOT_E_SCENARIO_VALUE' });
  await t.rejects(loadScenarios(['gone.yaml'], options), { code: 'TAPBOOT_E_SCENARIO_UNREADABLE' });
  const empty = await filesIn(t, { 'plans/a.yaml': 'x' });
  await t.rejects(loadScenarios(['.'], { workingDirectory: empty }), {
    code: 'TAPBOOT_E_SCENARIO_NONE',
  });
});

t.test('a plan that no scenario uses is checked with its directory', async (t) => {
  const directory = await filesIn(t, {
    'a.yaml': ['name: A', 'steps: [{ run: id }]'],
    'plans/p.yaml': ['plan: p', 'sections: {}'],
  });
  const { problems } = await checkScenarios(['.'], { workingDirectory: directory });
  t.match(problems.map(describeError), [/^plans\/p.yaml:2:11: sections has a wrong value/]);
});
