import { readFileSync } from 'node:fs';
import t from 'tap';
import { ConsoleTranscript } from '../../../../driver/channel/console/transcript.js';
import type { TapbootError } from '../../../../driver/errors.js';
import { Watchdog, type WatchdogOptions } from '../../../../driver/machine/watchdog/watchdog.js';

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../fixtures/console/${name}.log`, import.meta.url));

function watch(
  t: { teardown(close: () => void): void },
  options: Partial<WatchdogOptions> = {},
): { transcript: ConsoleTranscript; dog: Watchdog } {
  const transcript = new ConsoleTranscript({
    sink: { write: () => true },
    clock: () => performance.now(),
  });
  const dog = new Watchdog({ transcript, bootSilenceMs: 60_000, ...options });
  t.teardown(() => dog.stop());
  return { transcript, dog };
}

/** The death, or undefined when there is none in `ms`. */
async function within(dog: Watchdog, ms: number): Promise<TapbootError | undefined> {
  return await Promise.race([
    dog.death,
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ms)),
  ]);
}

const alive = async (): Promise<void> => Promise.resolve();
const dead = async (timeoutMs: number): Promise<void> =>
  await new Promise((_, reject) => setTimeout(() => reject(new Error('silence')), timeoutMs));

t.test('a panic ends the guest, with its trace as evidence', async (t) => {
  const { transcript, dog } = watch(t);
  transcript.push(Buffer.from('[    1.000000] before\n'));
  transcript.push(fixture('panic-sysrq'));
  const death = await dog.death;
  t.equal(death.code, 'TAPBOOT_E_GUEST_PANIC');
  t.equal(death.failureClass, 'guest-dead');
  t.equal(death.message, 'kernel panic: sysrq triggered crash');
  t.match(death.details.output, /before[^]*Trigger a crash[^]*Call Trace/);
});

t.test('a guest that answers refutes a printed log; an oops is not refuted', async (t) => {
  const { transcript, dog } = watch(t);
  dog.booted();
  dog.watchHeartbeat(alive);
  transcript.push(Buffer.from('[   99.000000] Kernel panic - not syncing: printed\n'));
  t.equal(await within(dog, 1500), undefined);
  transcript.push(Buffer.from('[  100.000000] Oops: 0000 [#1] SMP\n'));
  t.equal((await dog.death).code, 'TAPBOOT_E_GUEST_OOPS');
});

t.test('a stall is given the time of any question, other words are refuted at once', async (t) => {
  const asked: number[] = [];
  const { transcript, dog } = watch(t, { heartbeatTimeoutMs: 12_345 });
  dog.booted();
  dog.watchHeartbeat(async (timeoutMs) => {
    asked.push(timeoutMs);
    await Promise.resolve();
  });
  transcript.push(Buffer.from('[  99.000000] watchdog: BUG: soft lockup - CPU#0 stuck for 22s!\n'));
  t.equal(await within(dog, 100), undefined);
  transcript.push(Buffer.from('[  100.000000] Kernel panic - not syncing: printed\n'));
  t.equal(await within(dog, 100), undefined);
  t.same(asked, [12_345, 5000]);
});

t.test('QMP tells, the console explains', async (t) => {
  const { transcript, dog } = watch(t);
  dog.onQmpEvent('GUEST_PANICKED', { action: 'shutdown' });
  transcript.push(fixture('panic-no-root'));
  dog.onProcessExit({ code: 1, signal: undefined, stderr: '' });
  t.match((await dog.death).message, /VFS: Unable to mount root fs/);
});

t.test('an unasked power-off and restart are deaths, asked ones are not', async (t) => {
  const off = { guest: true, reason: 'guest-shutdown' };
  const unasked = watch(t);
  unasked.dog.onQmpEvent('SHUTDOWN', off);
  t.equal((await unasked.dog.death).code, 'TAPBOOT_E_GUEST_POWEROFF');

  const asked = watch(t);
  asked.dog.expected('poweroff');
  asked.transcript.push(fixture('power-off'));
  asked.dog.onQmpEvent('SHUTDOWN', off);
  asked.dog.onProcessExit({ code: 0, signal: undefined, stderr: '' });

  const reset = watch(t);
  reset.dog.onQmpEvent('SHUTDOWN', { guest: true, reason: 'guest-reset' });
  t.equal((await reset.dog.death).code, 'TAPBOOT_E_GUEST_REBOOT');

  const other = watch(t);
  other.dog.expected('reboot');
  other.dog.onQmpEvent('SHUTDOWN', off);
  t.equal((await other.dog.death).code, 'TAPBOOT_E_GUEST_POWEROFF', 'a restart was asked for');
  t.equal(await within(asked.dog, 600), undefined);
});

t.test('QEMU’s end is a death, with what it said', async (t) => {
  const { dog } = watch(t);
  dog.expected('poweroff');
  dog.onProcessExit({ code: undefined, signal: 'SIGKILL', stderr: 'qemu: x\n' });
  const death = await dog.death;
  t.equal(death.code, 'TAPBOOT_E_QEMU_GONE');
  t.match(death.message, /SIGKILL/);
  t.equal(death.details.got, 'qemu: x');
});

t.test('where QEMU’s event is lost, the guest’s words tell what QEMU has ended for', async (t) => {
  const clean = { code: 0, signal: undefined, stderr: '' };
  for (const [words, code] of [
    ['reboot: Restarting system', 'TAPBOOT_E_GUEST_REBOOT'],
    ['reboot: Power down', 'TAPBOOT_E_GUEST_POWEROFF'],
    ['a line that says nothing of it', 'TAPBOOT_E_QEMU_GONE'],
  ] as const) {
    const { transcript, dog } = watch(t);
    dog.booted();
    transcript.push(Buffer.from(`[   26.338894] ${words}\n`));
    dog.onProcessExit(clean);
    t.equal((await dog.death).code, code, words);
  }
  const killed = watch(t);
  killed.dog.booted();
  killed.transcript.push(Buffer.from('[   26.338894] reboot: Restarting system\n'));
  killed.dog.onProcessExit({ ...clean, code: undefined, signal: 'SIGKILL' });
  t.equal((await killed.dog.death).code, 'TAPBOOT_E_QEMU_GONE', 'not what ends QEMU so');
});

t.test('silence counts while booting, and not afterwards', async (t) => {
  const booting = watch(t, { bootSilenceMs: 100 });
  t.equal((await booting.dog.death).code, 'TAPBOOT_E_GUEST_SILENT');
  const booted = watch(t, { bootSilenceMs: 100 });
  booted.dog.booted();
  t.equal(await within(booted.dog, 400), undefined);
});

t.test('a missed heartbeat is death when the console is silent too', async (t) => {
  const fast = { heartbeatIntervalMs: 20, heartbeatTimeoutMs: 100 };
  const silent = watch(t, fast);
  silent.dog.booted();
  silent.dog.watchHeartbeat(dead);
  const death = await silent.dog.death;
  t.equal(death.code, 'TAPBOOT_E_GUEST_HUNG');
  t.match(death.details.got, /nothing on its console/);

  const talking = watch(t, fast);
  talking.dog.booted();
  const chatter = setInterval(() => talking.transcript.push(Buffer.from('busy\n')), 20);
  t.teardown(() => clearInterval(chatter));
  talking.dog.watchHeartbeat(dead);
  const hung = await talking.dog.death;
  clearInterval(chatter);
  t.match(hung.details.got, /no answer of its shell for 0\.3 s/, 'three misses, since it speaks');
});

t.test('a paused machine is not asked', async (t) => {
  const { dog } = watch(t, { heartbeatIntervalMs: 20, heartbeatTimeoutMs: 60 });
  dog.booted();
  dog.onQmpEvent('STOP', {});
  dog.watchHeartbeat(dead);
  dog.onQmpEvent('STOP', {});
  t.equal(await within(dog, 400), undefined);
  dog.onQmpEvent('RESUME', {});
  t.equal((await dog.death).code, 'TAPBOOT_E_GUEST_HUNG');
});

const drained = async (): Promise<boolean> => Promise.resolve(true);

t.test('coming to rest decides what is not certain', async (t) => {
  await t.test('an oops that was just said', async (t) => {
    const { transcript, dog } = watch(t);
    dog.booted();
    dog.watchHeartbeat(alive);
    transcript.push(Buffer.from('[  100.000000] Oops: 0000 [#1] SMP\n'));
    t.equal((await dog.settle(drained))?.code, 'TAPBOOT_E_GUEST_OOPS');
    t.equal((await dog.settle(drained))?.code, 'TAPBOOT_E_GUEST_OOPS', 'and again');
  });
  await t.test('words that are read only behind the answer', async (t) => {
    const { transcript, dog } = watch(t);
    dog.booted();
    dog.watchHeartbeat(alive);
    let late = ['[  100.000000] harmless\n', '[  101.000000] Oops: 0000 [#1] SMP\n'];
    const drain = async (): Promise<boolean> => {
      transcript.push(Buffer.from(late[0] ?? ''));
      late = late.slice(1);
      return Promise.resolve(true);
    };
    t.equal((await dog.settle(drain))?.code, 'TAPBOOT_E_GUEST_OOPS');
  });
  await t.test('an emergency shell that waits since a moment', async (t) => {
    const { transcript, dog } = watch(t);
    dog.booted();
    dog.watchHeartbeat(alive);
    transcript.push(fixture('emergency'));
    t.equal((await dog.settle(drained))?.code, 'TAPBOOT_E_GUEST_EMERGENCY');
  });
  await t.test('an event of QEMU', async (t) => {
    const { dog } = watch(t);
    dog.onQmpEvent('GUEST_PANICKED', { action: 'pause' });
    dog.onQmpEvent('STOP', {});
    t.equal((await dog.settle(drained))?.code, 'TAPBOOT_E_GUEST_PANIC');
  });
  await t.test('a guest that answers no more', async (t) => {
    const { dog } = watch(t, { heartbeatIntervalMs: 60_000, heartbeatTimeoutMs: 50 });
    dog.booted();
    dog.watchHeartbeat(dead);
    t.equal((await dog.settle(drained))?.code, 'TAPBOOT_E_GUEST_HUNG');
  });
  await t.test('a QEMU that answers no more', async (t) => {
    const { dog } = watch(t);
    dog.booted();
    const death = await dog.settle(async () => Promise.resolve(false));
    t.match(death, { code: 'TAPBOOT_E_GUEST_HUNG', details: { got: /QEMU’s monitor/ } });
  });
});

t.test('coming to rest asks anew, with a question of its own', async (t) => {
  const asked: string[] = [];
  const { transcript, dog } = watch(t);
  dog.booted();
  const ask = (name: string) => async (): Promise<void> => {
    asked.push(name);
    await Promise.resolve();
  };
  dog.watchHeartbeat(ask('beat'), ask('rest'));
  t.equal(await dog.settle(drained), undefined);
  t.same(asked, ['rest'], 'once, where the console says nothing');
  const chatting = async (): Promise<boolean> => {
    transcript.push(Buffer.from('chatter\n'));
    return Promise.resolve(true);
  };
  t.equal(await dog.settle(chatting), undefined, 'a guest that goes on talking is not waited for');
});

t.test('coming to rest waits for nobody who cannot answer', async (t) => {
  const paused = watch(t);
  paused.dog.booted();
  paused.dog.watchHeartbeat(dead);
  paused.dog.onQmpEvent('STOP', {});
  t.equal(await paused.dog.settle(drained), undefined, 'paused');
  const off = watch(t);
  off.dog.watchHeartbeat(dead);
  off.dog.expected('poweroff');
  off.transcript.push(fixture('power-off'));
  off.dog.onProcessExit({ code: 0, signal: undefined, stderr: '' });
  off.transcript.end();
  t.equal(await off.dog.settle(drained), undefined, 'off');
  const given = watch(t);
  given.dog.watchHeartbeat(async () => await new Promise(() => undefined));
  const settling = given.dog.settle(drained);
  given.dog.stop();
  t.equal(await settling, undefined, 'given up');
  t.equal(await given.dog.settle(drained), undefined);
});

t.test('a death on the way down counts, also when QEMU then ends as it was asked to', async (t) => {
  for (const [name, code] of [
    ['oops', 'TAPBOOT_E_GUEST_OOPS'],
    ['panic-sysrq', 'TAPBOOT_E_GUEST_PANIC'],
  ] as const) {
    const { transcript, dog } = watch(t);
    dog.booted();
    dog.watchHeartbeat(alive);
    dog.expected('poweroff');
    transcript.push(fixture(name));
    dog.onProcessExit({ code: 0, signal: undefined, stderr: '' });
    transcript.end();
    t.equal((await dog.settle(drained))?.code, code);
  }
});

t.test('an answer that was under way refutes nothing', async (t) => {
  const { transcript, dog } = watch(t, { heartbeatIntervalMs: 10 });
  dog.booted();
  const answers: ((value?: unknown) => void)[] = [];
  dog.watchHeartbeat(
    async (timeoutMs) =>
      await new Promise((resolve, reject) => {
        answers.push(resolve);
        if (answers.length > 1) setTimeout(() => reject(new Error('silence')), timeoutMs / 100);
      }),
  );
  while (answers.length === 0) await within(dog, 10);
  transcript.push(Buffer.from('[   99.000000] Kernel panic - not syncing: real\n'));
  answers[0]?.();
  t.equal(await within(dog, 20), undefined, 'not decided by the older question');
  t.ok(answers.length > 1, 'it is asked anew');
});

t.test('a guest that waits in an emergency shell', async (t) => {
  const { transcript, dog } = watch(t);
  transcript.push(fixture('emergency'));
  t.equal((await dog.death).code, 'TAPBOOT_E_GUEST_EMERGENCY');
});

t.test('a host that cannot serve a disk is to blame itself', async (t) => {
  const { dog } = watch(t);
  dog.booted();
  dog.onQmpEvent('BLOCK_IO_ERROR', {
    device: '',
    'node-name': 'vda',
    operation: 'write',
    action: 'stop',
    nospace: true,
    reason: 'No space left on device',
  });
  const full = await dog.death;
  t.equal(full.failureClass, 'infra');
  t.equal(full.code, 'TAPBOOT_E_HOST_FULL');
  t.match(full.message, /disk vda/);
  t.equal(full.details.got, 'write: No space left on device');

  const { dog: other } = watch(t);
  other.onQmpEvent('BLOCK_IO_ERROR', { 'node-name': 'iso', operation: 'read', nospace: false });
  t.equal((await other.death).code, 'TAPBOOT_E_HOST_DISK');
});
