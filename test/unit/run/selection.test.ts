import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { selectForRun, type SelectionSettings } from '../../../driver/run/selection.js';
import type { Scenario } from '../../../driver/scenario/index.js';
import { load } from '../scenario/scenario-files.js';

const NONE: SelectionSettings = {
  grep: undefined,
  lastFailed: false,
  shard: undefined,
  shardTimesPath: undefined,
  ledgerPath: undefined,
};

async function four(t: Test): Promise<Scenario[]> {
  const { scenarios, problems } = await load(t, {
    'a.yaml': ['name: A', 'steps: [{ checkpoint: here }]'],
    'b.yaml': ['name: B', 'from: a#here', 'steps: [{ run: id }]'],
    'c.yaml': ['name: C', 'matrix: { x: [1, 2] }', 'steps: [{ run: id }]'],
  });
  t.same(problems, []);
  return scenarios;
}

type Told = [file: string, id: string, outcome: string, seconds?: number];

/** A ledger with a line for each run. */
function ledgerOf(t: Test, ...runs: Told[][]): string {
  const lines = runs.map((told) => ({
    scenarios: told.map(([file, id, outcome, seconds]) => ({
      id,
      name: id,
      file,
      outcome,
      seconds,
    })),
  }));
  const file = join(t.testdirName, 'ledger.jsonl');
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}

const ids = (scenarios: readonly Scenario[]): string[] => scenarios.map(({ id }) => id);

t.test('--last-failed: the last verdict counts, and brings what it starts from', async (t) => {
  const all = await four(t);
  const failed = async (...runs: Told[][]): Promise<string[]> => {
    const ledgerPath = ledgerOf(t, ...runs);
    return ids((await selectForRun(all, {}, { ...NONE, lastFailed: true, ledgerPath })).scenarios);
  };
  const c2 = (outcome: string): Told => ['c.yaml', 'c[x=2]', outcome];
  t.same(await failed([c2('failed'), ['a.yaml', 'a', 'passed']]), ['c[x=2]']);
  t.same(
    await failed([c2('failed')], [['a.yaml', 'a', 'failed']]),
    ['a', 'c[x=2]'],
    'whichever run it was',
  );
  t.same(await failed([['b.yaml', 'b', 'failed']]), ['a', 'b'], 'a saves what b starts from');
  for (const none of ['queued', 'interrupted', 'not-run']) {
    t.same(await failed([c2('failed')], [c2(none)]), ['c[x=2]'], `${none} is no verdict`);
  }
  t.same(
    await failed([
      c2('passed'),
      ['c.yaml', 'c[x=2]#2', 'failed'],
      ['c.yaml', 'c[x=2]#3', 'passed'],
    ]),
    ['c[x=2]'],
    'one of several repetitions',
  );
  for (const fine of ['passed', 'flaky', 'known']) {
    await t.rejects(failed([c2('failed')], [c2(fine)]), {
      code: 'TAPBOOT_E_SCENARIO_NONE',
      message: 'no scenario failed when it last ran',
      details: { got: 'none of 4' },
    });
  }
  await t.rejects(failed([['elsewhere/c.yaml', 'c[x=2]', 'failed']]), {
    code: 'TAPBOOT_E_SCENARIO_NONE',
  });
  await t.rejects(
    selectForRun(all, {}, { ...NONE, lastFailed: true, ledgerPath: join(t.testdirName, 'none') }),
    { code: 'TAPBOOT_E_SCENARIO_NONE', details: { got: 'no such file' } },
  );
  await t.rejects(selectForRun(all, {}, { ...NONE, lastFailed: true }), {
    code: 'TAPBOOT_E_CONFIG_VALUE',
    details: { got: 'BOOT_IMAGE_VM_DISABLE_LEDGER is set' },
  });
  const ledgerPath = ledgerOf(t, [c2('failed')]);
  await t.rejects(
    selectForRun(all, { names: ['a'] }, { ...NONE, lastFailed: true, ledgerPath }),
    { code: 'TAPBOOT_E_SCENARIO_NONE', message: 'no scenario fits the selection' },
    'all conditions hold together',
  );
});

t.test('a shard is a part of what is selected', async (t) => {
  const all = await four(t);
  const shardTimesPath = ledgerOf(t, [
    ['a.yaml', 'a', 'passed', 10],
    ['c.yaml', 'c[x=1]', 'flaky', 50],
    ['c.yaml', 'c[x=2]', 'failed', 900],
  ]);
  const part = async (index: number, settings: Partial<SelectionSettings> = {}) =>
    await selectForRun(
      all,
      {},
      { ...NONE, shard: { index, total: 2 }, shardTimesPath, ...settings },
    );
  const [one, two] = [await part(1), await part(2)];
  t.match([ids(one.scenarios), ids(two.scenarios)], [['c[x=1]'], ['a', 'b', 'c[x=2]']]);
  for (const { list, measured } of [one, two]) {
    t.same(ids(list), ['a', 'b', 'c[x=1]', 'c[x=2]'], 'the whole list is known to each');
    t.equal(measured, 2, 'of a pass only the duration counts');
  }
  const grep = { text: 'b' };
  const chain = [await part(1, { grep }), await part(2, { grep })];
  t.same(
    chain.map(({ scenarios, brought }) => [ids(scenarios), ids(brought)]),
    [
      [['a', 'b'], ['a']],
      [[], []],
    ],
    'a shard may be empty',
  );
  t.equal((await part(1, { shardTimesPath: undefined })).measured, undefined);
});

t.test('durations that cannot be read are an error: another shard may read them', async (t) => {
  const all = await four(t);
  const times = async (text: string | undefined): Promise<unknown> => {
    const shardTimesPath = join(t.testdirName, 'times');
    if (text !== undefined) writeFileSync(shardTimesPath, text);
    return await selectForRun(all, {}, { ...NONE, shard: { index: 1, total: 2 }, shardTimesPath });
  };
  await t.rejects(times(undefined), {
    code: 'TAPBOOT_E_SHARD_TIMES',
    failureClass: 'scenario',
    details: { got: 'no such file' },
  });
  await t.rejects(times('{"scenarios":[]}\na: 10\n'), {
    code: 'TAPBOOT_E_SHARD_TIMES',
    details: { at: { line: 2 }, got: /not JSON/ },
  });
});
