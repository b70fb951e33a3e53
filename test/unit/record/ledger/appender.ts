/**
 * Appends lines to a ledger until it is killed, or so many; prints each run id once its
 * append has been acknowledged. Run as: appender.ts LEDGER PREFIX COUNT
 */
import { writeSync } from 'node:fs';
import { appendToLedger } from '../../../../driver/record/ledger/append.js';
import { line } from './fixtures.js';

const [ledger, prefix, count] = process.argv.slice(2);
if (ledger === undefined || prefix === undefined) throw new Error('LEDGER PREFIX COUNT');
for (let number = 0; number < Number(count); number++) {
  const runId = `${prefix}-${String(number)}`;
  await appendToLedger(ledger, line(runId));
  writeSync(1, `${runId}\n`);
}
