import t from 'tap';
import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { inSoak } from '../helpers/soak.js';
import { readyVm, testHost, testMachine } from '../helpers/vm-host.js';

const MINUTES = 60_000;

t.setTimeout(20 * MINUTES);

const run = async (vm: BootImageVM, command: string): Promise<string> => {
  const result = await vm.run(command, { timeoutMs: 2 * MINUTES });
  return result.stdout.trim();
};

t.test('reboot, disk views, power off, a second machine beside', async (t) => {
  const host = await testHost(t);
  // Their names begin with the same 46 characters.
  const name = 'a-machine-whose-name-is-longer-than-any-prefix';
  // What was plugged in is there from power-on when it is booted again.
  const machine = { ...testMachine(4096, 1536, 1536), plug: 'after-boot' as const };
  const vm = await readyVm(t, host, machine, name);

  const bootId = await run(vm, 'cat /proc/sys/kernel/random/boot_id');
  await run(vm, 'printf marker-one | dd of=/dev/vdb bs=1 seek=4096 conv=fsync');
  await vm.reboot({ timeoutMs: 5 * MINUTES });
  t.not(await run(vm, 'cat /proc/sys/kernel/random/boot_id'), bootId, 'it has booted anew');
  t.equal(await run(vm, 'dd if=/dev/vdb bs=1 skip=4096 count=10'), 'marker-one', 'on its disks');
  t.equal(
    (await vm.run('id -un', { channel: 'ssh', timeoutMs: 2 * MINUTES })).stdout.trim(),
    'root',
  );

  await run(vm, 'printf marker-two | dd of=/dev/vdb bs=1 seek=8192');
  const [view] = await vm.viewDisks(['vdb']);
  t.equal(view?.state, 'synced');
  t.equal(await readAt(view?.path, 8192, 10), 'marker-two', 'flushed before it is looked at');
  await view?.[Symbol.asyncDispose]();
  t.equal(await run(vm, 'echo goes on'), 'goes on');

  await t.rejects(vm.bootBeside('early', ['vdb']), { code: 'TAPBOOT_E_DISKS_IN_USE' });
  await vm.powerOff(5 * MINUTES);
  t.equal(vm.power, 'off');
  await t.rejects(vm.run('true', { timeoutMs: 1000 }), { code: 'TAPBOOT_E_POWERED_OFF' });
  const [last] = await vm.viewDisks(['vdb']);
  t.equal(last?.state, 'power-off');
  t.equal(await readAt(last?.path, 4096, 10), 'marker-one');

  await using beside = await vm.bootBeside(`${name}-resurrect-7`, ['vdb']);
  const [still] = await vm.viewDisks(['vdb']);
  t.equal(await readAt(still?.path, 4096, 10), 'marker-one', 'the second took none of its files');
  t.equal(await run(beside, 'dd if=/dev/vdb bs=1 skip=8192 count=10'), 'marker-two');
  await run(beside, 'printf XXXXXXXXXX | dd of=/dev/vdb bs=1 seek=8192 conv=fsync');
  const [after] = await vm.viewDisks(['vdb']);
  t.equal(await readAt(after?.path, 8192, 10), 'marker-two', 'the second one writes to overlays');
});

t.test('a cut of power keeps what was written and loses what was not', async (t) => {
  const host = await testHost(t);
  const vm = await readyVm(t, host, testMachine(4096, 1536, 1536));
  await run(vm, 'printf written | dd of=/dev/vdb bs=512 conv=fsync');
  await vm.cutPower();
  t.equal(vm.power, 'off');
  const [view] = await vm.viewDisks(['vdb']);
  t.equal(await readAt(view?.path, 0, 7), 'written');

  await inSoak(t, 'what was saved when it was off can be booted', async (t) => {
    await using again = await BootImageVM.restore(host, 'again', await vm.save(), true);
    t.equal(again.power, 'off');
    await again.reboot({ timeoutMs: MINUTES });
    t.equal(again.power, 'on');
    t.equal(await run(again, 'dd if=/dev/vdb bs=1 count=7'), 'written');
  });
});

async function readAt(path: string | undefined, offset: number, length: number): Promise<string> {
  const { open } = await import('node:fs/promises');
  await using handle = await open(path ?? '', 'r');
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.toString();
}
