import t from 'tap';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { HarnessLog } from '../../../driver/report/harness-log.js';
import { redactor } from '../../../driver/redact.js';
import { RUNS, Script } from './streams.js';

t.test('an entry an event, timestamped; further lines marked as such', async (t) => {
  const file = path.join(t.testdir(), 'harness.log');
  const log = new HarnessLog(file, redactor(['hunter22']), undefined, () => Date.UTC(2026, 0, 2));
  log.log('console < login root\npassword hunter22\u001b[2J\n');
  await RUNS['failed']!(new Script(log));
  log.log('after the end');
  const text = readFileSync(file, 'utf8');
  t.match(text, /^2026-01-02T00:00:00\.000Z console < login root\n {2}\| password \[redacted\]\n/);
  t.ok(
    text
      .trimEnd()
      .split('\n')
      .every((line) => /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z | {2}\| )/.test(line)),
  );
  for (const expected of [
    'run r1 starts: tapboot 0.1.0',
    'accelerator tcg: kvm hangs',
    'VM main starts (QEMU 7.2): qemu-system-x86_64 -m 512',
    'scenario s1 on VM main: restored from k1, booted at',
    'step s1#2 starts: second',
    'shell (exit 1, 0.0 s): printf',
    '  | 3 bytes beyond the output limit were dropped',
    'step s1#2 failed (1.2 s)',
    'product TAPBOOT_E_EXPECTATION: stdout does not hold',
    '  | at scenarios/residue.yaml:12:5',
    'step s1#3 skipped: step 2 failed # see above',
    'scenario s1 failed (2.0 s)',
    'run ends: failed, exit code 1 (1 min 23 s)',
  ]) {
    t.ok(text.includes(expected), expected);
  }
  t.notOk(text.includes('after the end'), 'closed by the stream');
});

t.test('every kind of run is told to its end', async (t) => {
  for (const [name, run] of Object.entries(RUNS)) {
    const file = path.join(t.testdir(), 'harness.log');
    await run(new Script(new HarnessLog(file)));
    t.match(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1), /run ends: /, name);
  }
});

t.test('a log that cannot be opened or written is an infrastructure failure', async (t) => {
  const told: string[] = [];
  const full = new HarnessLog('/dev/full', undefined, ({ details }) => {
    told.push(details.got ?? '');
  });
  full.log('an event that QEMU tells');
  full.log('another one');
  t.same(told, ['ENOSPC: no space left on device, write'], 'told once, and not to who logs');
  t.throws(() => new HarnessLog(path.join(t.testdir(), 'none', 'x.log')), {
    code: 'TAPBOOT_E_RECORD_WRITE',
  });
});
