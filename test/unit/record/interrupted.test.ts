import t from 'tap';
import { execa } from 'execa';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { appendToLedger } from '../../../driver/record/ledger/append.js';
import type { LedgerLine } from '../../../driver/record/ledger/ledger-schema.js';
import { markInterrupted } from '../../../driver/record/interrupted.js';
import { ledgerLine } from '../../../driver/record/ledger-line.js';
import type { Metadata } from '../../../driver/record/metadata-schema.js';
import { metadataSchema, schemaProblems } from '../../../driver/record/metadata-schema.js';
import { identify, liveness } from '../../../driver/host/process-identity.js';
import type { RunState } from '../../../driver/record/run-state.js';
import { readRunState, writeRunState } from '../../../driver/record/run-state.js';
import { nodeScript } from '../../helpers/node-script.js';

t.setTimeout(120_000);

/** Starts a driver of which only the record is real, and kills it. */
async function abandon(directory: string, ledger: string, ...more: string[]): Promise<string> {
  const script = nodeScript('test/unit/record/abandoned.ts');
  const child = execa('node', [...script, directory, ledger, ...more], {
    reject: false,
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGKILL');
  return (await child).stdout.trim();
}

const lines = (ledger: string): LedgerLine[] =>
  readFileSync(ledger, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as LedgerLine);

const only = (root: string): string => path.join(root, readdirSync(root)[0] ?? '');
const metadataOf = (directory: string): Metadata =>
  JSON.parse(readFileSync(path.join(directory, 'logs/metadata.json'), 'utf8')) as Metadata;

t.test('a killed run says so, everywhere, once, though several look at once', async (t) => {
  const directory = t.testdir();
  const [root, ledger] = [path.join(directory, 'notes'), path.join(directory, 'ledger.jsonl')];
  const runId = await abandon(directory, ledger, '--full');
  const run = only(root);
  t.equal(readRunState(run)?.state, 'running');
  const results = await Promise.all([1, 2, 3, 4].map(() => markInterrupted(root)));
  t.strictSame(
    results.flatMap(({ marked }) => marked),
    [run],
  );
  t.equal(readRunState(run)?.state, 'interrupted');
  const metadata = metadataOf(run);
  t.match(metadata, { outcome: 'error', interrupted: /^the driver ended without/ });
  t.strictSame(schemaProblems(metadataSchema, metadata), []);
  t.match(lines(ledger), [
    {
      run_id: runId,
      outcome: 'error',
      interrupted: true,
      driver_args: ['run', 'a'],
      metadata: /^notes\/.*-vm-run\/logs\/metadata\.json$/,
      scenarios: [
        { id: 'a', outcome: 'passed' },
        { id: 'b', outcome: 'interrupted' },
      ],
    },
  ]);
  t.equal(lines(ledger).length, 1);
  t.strictSame(await markInterrupted(root), { marked: [], said: [] });
});

t.test('killed before its first event; killed while being marked', async (t) => {
  const directory = t.testdir();
  const [root, ledger] = [path.join(directory, 'notes'), path.join(directory, 'ledger.jsonl')];
  await abandon(directory, ledger);
  const run = only(root);
  const before = readRunState(run)!;
  await markInterrupted(root);
  // As if the one who marked had died before its last write.
  writeRunState(run, before);
  await markInterrupted(root);
  t.equal(lines(ledger).length, 1);
  t.not(readRunState(run)?.state, 'running');
});

t.test('a run that had written its ledger line is complete', async (t) => {
  const directory = t.testdir();
  const [root, ledger] = [path.join(directory, 'notes'), path.join(directory, 'ledger.jsonl')];
  await abandon(directory, ledger);
  const run = only(root);
  const metadata: Metadata = { ...metadataOf(run), outcome: 'passed' };
  const context = { metadataPath: 'm', timestamp: new Date() };
  await appendToLedger(ledger, ledgerLine(metadata, context));
  t.strictSame((await markInterrupted(root)).marked, []);
  t.equal(readRunState(run)?.state, 'ended');
  t.match(lines(ledger), [{ outcome: 'passed' }]);
});

t.test('without a ledger it is marked all the same; one that lives is left alone', async (t) => {
  const directory = t.testdir();
  const root = path.join(directory, 'notes');
  await abandon(directory, '');
  const run = only(root);
  const state = readRunState(run)!;
  const living: RunState = { ...state, process: identify() };
  writeRunState(run, living);
  t.strictSame(await markInterrupted(root), { marked: [], said: [] });
  writeRunState(run, state);
  t.strictSame((await markInterrupted(root)).marked, [run]);
  t.equal(metadataOf(run).outcome, 'error');
});

t.test('a ledger that cannot be written does not stop the next run', async (t) => {
  const directory = t.testdir({ file: '' });
  const root = path.join(directory, 'notes');
  await abandon(directory, '');
  const run = only(root);
  const state = readRunState(run)!;
  writeRunState(run, { ...state, ledger: { path: path.join(directory, 'file/l'), offset: 0 } });
  const { marked, said } = await markInterrupted(root);
  t.strictSame(marked, []);
  t.match(said, [/could not be recorded/]);
  t.equal(readRunState(run)?.state, 'running', 'to be tried again');
});

t.test('a process is known by more than its number', async (t) => {
  const self = identify();
  t.equal(liveness(self), 'alive');
  t.equal(liveness({ ...self, start_ticks: '1' }), 'gone', 'a number used again');
  t.equal(liveness({ ...self, boot_id: 'x' }), 'gone', 'before a reboot');
  t.equal(liveness({ ...self, boot_id: 'x', host: 'elsewhere' }), 'unknown');
  t.equal(liveness({ ...self, pid_namespace: 'pid:[1]' }), 'unknown', 'in another container');
});
