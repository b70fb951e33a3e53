// Processes that append to one ledger, killed at any moment, four hundred times.
import { join } from 'node:path';
import t from 'tap';
import { killedAtAnyMoment } from '../unit/record/ledger/killed-appenders.js';

t.test('killed at any moment', async (t) => {
  await killedAtAnyMoment(t, join(t.testdir(), 'ledger.jsonl'), 100);
});
