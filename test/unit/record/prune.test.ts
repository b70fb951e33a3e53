import t from 'tap';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pruneRuns } from '../../../driver/record/prune.js';
import { identify } from '../../../driver/host/process-identity.js';
import { writeRunState } from '../../../driver/record/run-state.js';

const NOW = new Date('2026-01-10T00:00:00Z');
const NAMES = [
  '2026-01-01T000000Z-vm-run',
  '2026-01-05T000000Z-vm-run',
  '2026-01-09T000000Z-vm-run',
];

function make(root: string, name: string, state?: 'running' | 'ended'): string {
  const directory = path.join(root, name);
  mkdirSync(path.join(directory, 'logs'), { recursive: true });
  writeFileSync(path.join(directory, 'logs', 'serial.log'), Buffer.alloc(100_000, 1));
  if (state !== undefined) {
    writeRunState(directory, {
      run_id: name,
      state,
      started_at: NOW.toISOString(),
      process: identify(),
      working_directory: root,
      command: [],
      timeouts: { spawn_seconds: 1, login_seconds: 1 },
    });
  }
  return directory;
}
const left = (root: string): string[] => readdirSync(root).sort();

t.test('by count, by age, by size, the oldest first', async (t) => {
  for (const [limits, kept] of [
    [{ keep: 2 }, NAMES.slice(1)],
    [{ keep: 0 }, []],
    [{ maxAgeDays: 6 }, NAMES.slice(1)],
    [{ maxBytes: 250_000 }, NAMES.slice(1)],
    [{ maxBytes: 250_000, keep: 1 }, NAMES.slice(2)],
    [{}, NAMES],
  ] as const) {
    const root = path.join(t.testdir(), 'notes');
    for (const name of NAMES) make(root, name, 'ended');
    const decisions = pruneRuns(root, limits, { now: NOW });
    t.strictSame(left(root), kept, JSON.stringify(limits));
    t.equal(decisions.filter(({ action }) => action === 'removed').length, 3 - kept.length);
  }
});

t.test('never a running one, never this one, never what is no run', async (t) => {
  const root = path.join(t.testdir({ elsewhere: { keep: '' } }), 'notes');
  make(root, NAMES[0]!, 'running');
  const current = make(root, NAMES[1]!, 'running');
  make(root, NAMES[2]!);
  make(root, 'my-notes');
  writeFileSync(path.join(root, 'vm-run-ledger.jsonl'), '');
  symlinkSync('../elsewhere', path.join(root, '2026-01-02T000000Z-vm-run'));
  pruneRuns(root, { keep: 0, maxAgeDays: 0, maxBytes: 0 }, { current, now: NOW });
  t.strictSame(left(root), [
    NAMES[0],
    '2026-01-02T000000Z-vm-run',
    NAMES[1],
    'my-notes',
    'vm-run-ledger.jsonl',
  ]);
  t.strictSame(readdirSync(path.join(root, '../elsewhere')), ['keep']);
});

t.test('the tenth run of a second is newer than its second', async (t) => {
  const root = path.join(t.testdir(), 'notes');
  for (const suffix of ['', '-2', '-10']) make(root, `${NAMES[0]!}${suffix}`);
  pruneRuns(root, { keep: 1 }, { now: NOW });
  t.strictSame(left(root), [`${NAMES[0]!}-10`]);
});

t.test('a dry run only says; what a kill left is swept', async (t) => {
  const root = path.join(t.testdir(), 'notes');
  make(root, NAMES[0]!);
  make(root, `${NAMES[1]!}.pruned`);
  const [decision] = pruneRuns(root, { keep: 0 }, { dryRun: true, now: NOW });
  t.match(decision, { action: 'removed', reason: 'beyond the newest 0' });
  t.ok((decision?.bytes ?? 0) >= 100_000);
  t.equal(left(root).length, 2);
  pruneRuns(root, {}, { now: NOW });
  t.strictSame(left(root), [NAMES[0]]);
  t.strictSame(pruneRuns(path.join(root, 'none'), { keep: 0 }), []);
});
