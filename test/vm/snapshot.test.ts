import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { freshenCommand, INSTALL_FRESHENER } from '../../driver/machine/snapshot/refresh-guest.js';
import { readyVm, testHost, testMachine } from '../helpers/vm-host.js';

const run = async (vm: BootImageVM, command: string): Promise<string> => {
  const result = await vm.run(command, { timeoutMs: 60_000 });
  return result.stdout.trim();
};

t.test('a machine is saved, goes on, and is restored pristine any number of times', async (t) => {
  const host = await testHost(t);
  const first = await readyVm(t, host, testMachine(4096, 1536, 1536));
  const bootId = await run(first, 'cat /proc/sys/kernel/random/boot_id');
  await run(first, 'echo before > /run/trace; printf before | dd of=/dev/vdb conv=fsync');

  // The kernel's generator has just been reseeded: by itself it does not for a while.
  await run(first, `${INSTALL_FRESHENER}; ${freshenCommand()}`);
  const state = await first.save();
  const bytes = state.ram?.bytes ?? 0;
  t.ok(bytes > 1024 * 1024, 'the state holds the RAM');
  t.ok((state.residentBytes ?? 0) > bytes / 2, 'what QEMU took is measured');

  await run(first, 'echo after > /run/trace; printf after. | dd of=/dev/vdb conv=fsync');
  t.equal(await run(first, 'cat /run/trace; head -c 6 /dev/vdb'), 'after\nafter.', 'it goes on');

  const [one, two] = await Promise.all([
    BootImageVM.restore(host, 'one', state, true),
    BootImageVM.restore(host, 'two', state, true),
  ]);
  t.teardown(() => one.close());
  t.teardown(() => two.close());

  const drawn = await Promise.all(
    [one, two].map((vm) => run(vm, 'head -c 16 /dev/urandom | base64')),
  );
  t.not(drawn[0], drawn[1], 'each copy draws random numbers of its own');

  for (const vm of [one, two]) {
    t.match(vm.origin, { kind: 'restored', key: state.key, sameRun: true });
    t.equal(await run(vm, 'cat /run/trace; head -c 6 /dev/vdb'), 'before\nbefore', vm.name);
    t.equal(await run(vm, 'cat /proc/sys/kernel/random/boot_id'), bootId, 'the same boot');
  }
  await run(one, 'echo one > /run/trace; printf 1..... | dd of=/dev/vdb conv=fsync');
  t.equal(
    await run(two, 'cat /run/trace; head -c 6 /dev/vdb'),
    'before\nbefore',
    'no trace of the other',
  );

  t.test('SSH is connected anew on demand, with the pinned host key', async (t) => {
    const ssh = await one.run('id -un', { channel: 'ssh', timeoutMs: 60_000 });
    t.equal(ssh.channel, 'ssh');
    t.equal(ssh.stdout.trim(), 'root');
  });

  t.test('the clock is set and the console log is whole', async (t) => {
    const guest = Number(await run(two, 'date +%s'));
    const host_ = Date.now() / 1000;
    t.ok(Math.abs(guest - host_) < 120, `guest ${String(guest)}, host ${String(host_)}`);
    const log = await readFile(host.places('two').serialLog, 'utf8');
    t.match(log, /login: /);
  });

  t.test('a machine on standby wakes in the present', async (t) => {
    await using waiting = await BootImageVM.restore(host, 'waiting', state, true);
    await waiting.standBy();
    t.match(host.lines.at(-1), /^qmp event STOP /, 'it is paused');
    // Far longer than what is let pass below.
    await setTimeout(4000);
    await waiting.wake();
    const before = Date.now() / 1000;
    const [now = '', random] = (
      await run(waiting, 'date +%s.%N; head -c 16 /dev/urandom | base64')
    ).split('\n');
    const after = Date.now() / 1000;
    t.ok(
      Number(now) > before - 1 && Number(now) < after + 1,
      `${now}: ${String(before)} to ${String(after)}`,
    );
    t.notOk(drawn.includes(random ?? ''), 'and with random numbers of its own');
    t.equal(await run(waiting, 'cat /run/trace; head -c 6 /dev/vdb'), 'before\nbefore');
  });

  t.test('a state that is not what it claims is refused', async (t) => {
    const forged = { ...state, proof: { ...state.proof, nonce: 'cafecafecafecafe' } };
    await t.rejects(BootImageVM.restore(host, 'forged', forged, true), {
      failureClass: 'infra',
      code: 'TAPBOOT_E_RESTORE_PROOF',
    });
  });

  t.test('a checkpoint of a restored machine can be restored again', async (t) => {
    await run(two, 'echo checkpoint > /run/trace; printf check. | dd of=/dev/vdb conv=fsync');
    await two.checkpoint('here');
    await two.close();
    const saved = two.checkpoints.get('here');
    if (saved === undefined) return t.fail('no checkpoint');
    await using third = await BootImageVM.restore(host, 'third', saved, true);
    t.equal(await run(third, 'cat /run/trace; head -c 6 /dev/vdb'), 'checkpoint\ncheck.');
  });
});
