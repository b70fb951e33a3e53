import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { RamFormats } from '../../driver/machine/snapshot/ram-format.js';
import { qemuIn } from '../helpers/processes.js';
import { readyVm, testHost, testMachine } from '../helpers/vm-host.js';

const openFiles = (): number => readdirSync('/proc/self/fd').length;

/**
 * Restores machines from one snapshot, one after the other and then many together: none fails, and
 * nothing is left of them.
 */
export async function manyRestores(t: Test, inARow: number, atOnce: number): Promise<void> {
  const host = await testHost(t);
  const booted = await readyVm(t, host, testMachine(64));
  const state = await booted.save();
  // In the form that most hosts keep: all of them map one file.
  await new RamFormats('shared-ram', host.workspace).suit(host, state, 1);
  t.equal(state.ram?.form, 'shared-ram');
  let count = 0;
  const restored = async (): Promise<BootImageVM> =>
    await BootImageVM.restore(host, `copy-${String(++count)}`, state, true);
  /** Restores one, asks it something, and lets it go. */
  const use = async (): Promise<string> => {
    await using vm = await restored();
    const command = `echo ${vm.name}; cat /run/trace 2>/dev/null; echo was here > /run/trace`;
    return (await vm.run(command, { timeoutMs: 120_000 })).stdout.trim();
  };
  await use();
  const before = { files: openFiles(), workspace: readdirSync(host.workspace).sort() };
  const memory: number[] = [];

  const wrong: string[] = [];
  for (let round = 0; round < inARow; round++) {
    const said = await use();
    if (said !== `copy-${String(count)}`) wrong.push(said);
    memory.push(process.memoryUsage().rss);
  }
  t.same(wrong, [], 'each answers, and knows nothing of those before it');

  const copies = await Promise.all(Array.from({ length: atOnce }, restored));
  t.equal(qemuIn(host.workspace).length, atOnce + 1, 'all of them run, and the first');
  const answers = await Promise.all(
    copies.map(async (vm) => (await vm.run('echo up', { timeoutMs: 300_000 })).stdout.trim()),
  );
  t.same(answers, Array<string>(atOnce).fill('up'));
  await Promise.all(copies.map((vm) => vm.close()));

  // Sockets and files are closed behind the promise that says so.
  for (let tries = 0; tries < 100 && openFiles() > before.files; tries++) await sleep(100);
  t.ok(openFiles() <= before.files, 'no descriptor is left');
  t.same(readdirSync(host.workspace).sort(), before.workspace, 'no file is left');
  t.equal(qemuIn(host.workspace).length, 1, 'no process is left but the first');
  const megabytes = (bytes = 0): number => Math.round(bytes / 1e6);
  const part = Math.ceil(inARow / 5);
  const early = Math.max(...memory.slice(part / 2, part * 2));
  const late = Math.min(...memory.slice(-part));
  const [from, to] = [early, late].map((bytes) => String(megabytes(bytes)));
  t.comment(`figure: ${String(inARow)} restores, resident ${from} MB early, ${to} MB late`);
  // A hundred consoles or snapshots kept by mistake would be tens of megabytes.
  t.ok(late < early * 1.5, 'memory does not grow with every restore');
}
