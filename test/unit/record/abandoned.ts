/**
 * Opens a record, says so, and waits to be killed.
 * Run as: abandoned.ts WORKING_DIRECTORY [LEDGER] [--full]
 */
import path from 'node:path';
import { RunRecord } from '../../../driver/record/run-record.js';
import { Script, scenario } from '../report/streams.js';

const [workingDirectory = '', ledger = '', full] = process.argv.slice(2);
const record = await RunRecord.open({
  logRoot: path.join(workingDirectory, 'notes'),
  ledgerPath: ledger === '' ? undefined : ledger,
  workingDirectory,
  command: ['tapboot', 'run', 'a'],
  environment: {},
  timeouts: { spawnSeconds: 900, loginSeconds: 300 },
  sessionCeilingSeconds: 3600,
});
if (full === '--full') {
  const script = new Script(record);
  script.begin([scenario('a'), 1], [scenario('b'), 1]);
  script.end(scenario('a'), 'passed');
  record.metadata.write();
}
process.stdout.write(`${record.runId}\n`);
setInterval(() => undefined, 1000);
