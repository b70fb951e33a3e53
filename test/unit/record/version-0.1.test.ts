// What version 0.1 has recorded is still read: test/fixtures/version-0.1/README.md.
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { RunEvent } from '../../../driver/events/events.js';
import { collectPast } from '../../../driver/record/history/collect.js';
import { summarise } from '../../../driver/record/history/summary.js';
import { readQueue } from '../../../driver/record/ledger/queue.js';
import { readLedger } from '../../../driver/record/ledger/read.js';
import { readEvents } from '../../../driver/record/merge/read-events.js';
import { metadataSchema, schemaProblems } from '../../../driver/record/metadata-schema.js';
import { readRunState } from '../../../driver/record/run-state.js';
import { writeHtmlReport } from '../../../driver/report/html/html-report.js';
import { parseCapsule } from '../../../driver/snapshots/capsule/format.js';
import { isProblem, parseManifest } from '../../../driver/snapshots/store/manifest.js';

const fixtures = join(import.meta.dirname, '../../fixtures/version-0.1');
const run = join(fixtures, 'run');

t.test('the run directory', async (t) => {
  t.match(readRunState(run), { state: 'ended' });
  const metadata: unknown = JSON.parse(readFileSync(join(run, 'logs/metadata.json'), 'utf8'));
  t.same(schemaProblems(metadataSchema, metadata), []);
  const events: RunEvent[] = [];
  for await (const line of readEvents(join(run, 'logs/events.jsonl'))) {
    t.equal(line.kind, 'event');
    if (line.kind === 'event') events.push(line.event);
  }
  t.match(events.at(-1), { type: 'run:end', exitCode: 1, counts: { passed: 1, failed: 1 } });
  const file = join(mkdtempSync(join(tmpdir(), 'tapboot-report-')), 'report.html');
  t.equal(await writeHtmlReport(events, { runDirectory: run, file }), file);
  t.match(readFileSync(file, 'utf8'), 'Something that fails');
});

t.test('the ledger', async (t) => {
  const file = join(fixtures, 'ledger.jsonl');
  for await (const record of readLedger(file)) t.equal(record.kind, 'run');
  const { scenarios } = summarise(await collectPast(file), file);
  t.match(scenarios.map(({ id, passRate }) => [id, passRate]).sort(), [
    ['fails', 0],
    ['passes', 1],
  ]);
});

t.test('the queue', (t) => {
  t.match(readQueue(join(fixtures, 'vm-run-queue.json')), [
    { id: 'waits', projected_seconds: 600 },
  ]);
  t.end();
});

t.test('a capsule', (t) => {
  const file = join(fixtures, 'capsule/capsule.json');
  const capsule = parseCapsule(readFileSync(file, 'utf8'), file);
  t.match(capsule, { tapboot: '0.1.0', vm: 'fails' });
  const states = join(fixtures, 'capsule/states');
  t.ok(readdirSync(states).length > 0);
  for (const key of readdirSync(states)) {
    const manifest = parseManifest(readFileSync(join(states, key, 'manifest.json'), 'utf8'));
    t.notOk(isProblem(manifest), key);
  }
  t.end();
});
