// Many restores: none fails, and nothing is left of them.
import { readdirSync } from 'node:fs';
import t from 'tap';
import { BootImageVM } from '../../driver/controller/boot-image-vm.js';
import { RamForms } from '../../driver/controller/ram-forms.js';
import { qemuIn } from '../helpers/processes.js';
import { testHost, testImage, testMachine } from '../helpers/vm-host.js';

t.setTimeout(20 * 60_000);

const IN_A_ROW = 100;
const AT_ONCE = 20;

const openFiles = (): number => readdirSync('/proc/self/fd').length;

t.test('100 in a row, then 20 at once', async (t) => {
  const host = await testHost(t);
  const booted = await BootImageVM.boot(host, {
    ...{ name: 'origin', image: await testImage(), machine: testMachine(64) },
  });
  t.teardown(() => booted.close());
  await booted.settle();
  const state = await booted.save();
  // In the form that most hosts keep: all of them map one file.
  await new RamForms('shared-ram', host.workspace).suit(host, state, 1);
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
  for (let round = 0; round < IN_A_ROW; round++) {
    const said = await use();
    if (said !== `copy-${String(count)}`) wrong.push(said);
    memory.push(process.memoryUsage().rss);
  }
  t.same(wrong, [], 'each answers, and knows nothing of those before it');

  const copies = await Promise.all(Array.from({ length: AT_ONCE }, restored));
  t.equal(qemuIn(host.workspace).length, AT_ONCE + 1, 'all of them run, and the first');
  const answers = await Promise.all(
    copies.map(async (vm) => (await vm.run('echo up', { timeoutMs: 300_000 })).stdout.trim()),
  );
  t.same(answers, Array<string>(AT_ONCE).fill('up'));
  await Promise.all(copies.map((vm) => vm.close()));

  t.equal(openFiles(), before.files, 'no descriptor is left');
  t.same(readdirSync(host.workspace).sort(), before.workspace, 'no file is left');
  t.equal(qemuIn(host.workspace).length, 1, 'no process is left but the first');
  const megabytes = (bytes = 0): number => Math.round(bytes / 1e6);
  const early = Math.max(...memory.slice(10, 30));
  const late = Math.min(...memory.slice(-20));
  t.comment(`resident: ${String(megabytes(early))} MB early, ${String(megabytes(late))} MB late`);
  // A hundred consoles or states kept by mistake would be tens of megabytes.
  t.ok(late < early * 1.5, 'memory does not grow with every restore');
});
