import t from 'tap';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { LedgerLine } from '../../../driver/record/ledger/ledger-schema.js';
import type { RunRecordOptions } from '../../../driver/record/run-record.js';
import { RunRecord } from '../../../driver/record/run-record.js';
import { readRunState } from '../../../driver/record/run-state.js';
import { RUNS, Script } from '../report/streams.js';

const options = (directory: string, change: Partial<RunRecordOptions> = {}): RunRecordOptions => ({
  logRoot: path.join(directory, 'notes'),
  ledgerPath: path.join(directory, 'notes', 'vm-run-ledger.jsonl'),
  workingDirectory: directory,
  command: ['tapboot', 'run'],
  environment: {},
  timeouts: { spawnSeconds: 900, loginSeconds: 300 },
  sessionCeilingSeconds: 3600,
  ...change,
});
const lines = (directory: string): LedgerLine[] =>
  readFileSync(path.join(directory, 'notes', 'vm-run-ledger.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as LedgerLine);

t.test('from open to close', async (t) => {
  const directory = t.testdir();
  const record = await RunRecord.open(options(directory));
  t.equal(readRunState(record.directory.path)?.state, 'running');
  await RUNS['failed']!(new Script(record));
  await record.close();
  t.equal(readRunState(record.directory.path)?.state, 'ended');
  t.match(lines(directory), [{ run_id: record.runId, outcome: 'failed', scenarios: [{}, {}] }]);
  t.equal(lines(directory).length, 1, 'close is idempotent: the stream had closed it already');
});

t.test('without a ledger there is none', async (t) => {
  const directory = t.testdir();
  const record = await RunRecord.open(options(directory, { ledgerPath: undefined }));
  await RUNS['passed']!(new Script(record));
  t.notOk(existsSync(path.join(directory, 'notes', 'vm-run-ledger.jsonl')));
  t.equal(readRunState(record.directory.path)?.state, 'ended');
});

t.test('a record against its schema is seen before the outcome, and fails the close', async (t) => {
  const directory = t.testdir();
  const record = await RunRecord.open(options(directory));
  t.strictSame(record.problems(), []);
  record.metadata.setVm('main', { ssh: { host: '127.0.0.1', port: -3 } });
  t.match(record.problems(), [
    /^metadata\.json: ssh\.port: /,
    /^metadata\.json: vms\.0\.ssh\.port: /,
    /^ledger line: ssh\.port: /,
  ]);
  await t.rejects(record.close(), { code: 'TAPBOOT_E_RECORD_INVALID', failureClass: 'infra' });
  t.equal(lines(directory).length, 1, 'it is written all the same');
});

t.test('a ledger that cannot be written is seen before the outcome', async (t) => {
  const directory = t.testdir({ notes: {} });
  const record = await RunRecord.open(options(directory));
  mkdirSync(path.join(directory, 'notes', 'vm-run-ledger.jsonl'));
  t.match(record.problems(), [/^ledger: EISDIR/]);
  await t.rejects(record.close(), { code: 'TAPBOOT_E_RECORD_WRITE', failureClass: 'infra' });
  t.equal(readRunState(record.directory.path)?.state, 'running', 'the next run sees to it');
});

t.test('two runs that end at once both have their line', async (t) => {
  const directory = t.testdir();
  const records = await Promise.all([1, 2, 3].map(() => RunRecord.open(options(directory))));
  t.equal(new Set(records.map(({ directory: { name } }) => name)).size, 3);
  await Promise.all(records.map(async (record) => RUNS['passed']!(new Script(record))));
  t.strictSame(
    lines(directory)
      .map(({ run_id }) => run_id)
      .sort(),
    records.map(({ runId }) => runId).sort(),
  );
});
