import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Parser, type FinalResults } from 'tap-parser';
import t from 'tap';
import { runScenarios, type RunEvent } from '../../driver/index.js';
import type { Metadata } from '../../driver/record/metadata-schema.js';
import { plantDamaged } from '../helpers/planted-state.js';

const scenario = (name: string, command: string): string =>
  `version: 1\nname: ${name}\ntags: [vm, slow]\nsteps:\n  - run: ${command}\n`;

const root = t.testdir({
  good: {
    'holds.yaml': scenario('It holds', 'test 1 = 1'),
    'breaks.yaml': scenario('It breaks', 'exit 3'),
  },
  bad: { 'wrong.yaml': 'version: 1\nname: wrong\nsteps: [{ rum: x }]\n' },
});
const states = join(root, 'states');
const settings = {
  accel: 'tcg' as const,
  cwd: root,
  env: {
    BOOT_IMAGE_VM_LEDGER_PATH: join(root, 'ledger.jsonl'),
    TAPBOOT_SNAPSHOT_DIR: states,
    // As in a CI service: snapshots of other runs are neither used nor kept.
    CI: 'true',
  },
};

/** A stream that keeps what is written to it. */
function sink() {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}

t.test('scenarios are run, reported and recorded', async (t) => {
  const key = await plantDamaged(states);
  const output = sink();
  const seen: RunEvent['type'][] = [];
  const report = await runScenarios({
    ...settings,
    scenarios: ['./good'],
    output: output.stream,
    onEvent: ({ type }) => seen.push(type),
  });
  t.match(report, { outcome: 'failed', exitCode: 1, classes: ['product'] });
  const [breaks, holds] = report.scenarios;
  t.match(breaks, { id: 'breaks', outcome: 'failed' });
  t.match(breaks?.failure, {
    class: 'product',
    phase: 'step',
    at: { file: 'good/breaks.yaml', line: 5 },
  });
  t.match(holds, { id: 'holds', outcome: 'passed' });
  // They run side by side: either boots, and the other gets a copy.
  const origins = report.scenarios.map(({ origin }) => origin);
  t.match(
    origins.find((origin) => origin?.kind === 'booted'),
    { kind: 'booted' },
  );
  t.match(
    origins.find((origin) => origin?.kind === 'restored'),
    { sameRun: true },
    'also without snapshots of other runs',
  );
  t.equal(seen[0], 'run:start');
  t.equal(seen.at(-1), 'run:end');
  t.equal(seen.filter((type) => type === 'scenario:end').length, 2);
  const results = await new Promise<FinalResults>((resolve) => {
    const parser = new Parser(resolve);
    parser.end(output.text());
  });
  t.match(results, { ok: false, count: 2, fail: 1 });
  const metadata = JSON.parse(
    await readFile(join(report.directory, 'logs/metadata.json'), 'utf8'),
  ) as Metadata;
  t.equal(metadata.outcome, 'failed');
  t.same(metadata.notices, [], 'no snapshot of another run was looked at');
  t.equal(await readFile(join(states, key, 'manifest.json'), 'utf8'), 'damaged');
  t.match(JSON.parse(await readFile(join(root, 'ledger.jsonl'), 'utf8')), { outcome: 'failed' });
});

t.test('what is wrong in a file is thrown before anything is made', async (t) => {
  await t.rejects(runScenarios({ ...settings, scenarios: ['./bad'] }), {
    name: 'TapbootError',
    failureClass: 'scenario',
    details: { at: { file: 'bad/wrong.yaml', line: 3 } },
  });
  await t.rejects(runScenarios({ ...settings, scenarios: ['./good'], repeat: 0 }), {
    code: 'TAPBOOT_E_CONFIG_VALUE',
  });
});
