import { execa } from 'execa';
import { join } from 'node:path';
import { BootImageVM } from '../../driver/controller/boot-image-vm.js';
import type { SavedState } from '../../driver/controller/saved-state.js';
import { askShell, resumeBare, saveBare, startBare, stopBare } from '../bare-qemu.js';
import { machine, type Bench } from '../host.js';
import { inTurns, seconds } from '../measure.js';
import type { SectionResult } from '../result.js';

/** Restore to the first command, and save: tapboot against QEMU driven by hand. */
export async function restoreAndSave(bench: Bench): Promise<SectionResult> {
  const { host, argv, repetitions } = bench;
  const vm = await BootImageVM.boot(host, {
    ...{ name: 'saved', image: await bench.image('debian'), machine: machine(256) },
  });
  await vm.settle();
  const state = await vm.save();
  let count = 0;
  const restored = async (): Promise<number> => {
    const name = `r${String(++count)}`;
    let one: BootImageVM | undefined;
    const took = await seconds(async () => {
      one = await BootImageVM.restore(host, name, state, true);
      await one.run('echo', { timeoutMs: 60_000, channel: 'shell' });
    });
    await one?.close();
    return took;
  };
  // The arguments that a restored machine is started with.
  await restored();
  const words = argv.get('r1') ?? [];
  const bare = async (): Promise<number> => await bareRestore(bench, words, state);
  const restores = await inTurns(repetitions, { tapboot: restored, bare });
  const saves = await inTurns(repetitions, {
    tapboot: () => seconds(() => vm.save()),
    bare: () => bareSave(bench, words, state),
  });
  await vm.close();
  const ratio = restores.tapboot.median / restores.bare.median;
  return {
    name: 'restore and save',
    samples: {
      'restore to first command: tapboot': restores.tapboot,
      'restore to first command: bare QEMU (floor)': restores.bare,
      'save: tapboot (flushes the guest first)': saves.tapboot,
      'save: bare QEMU': saves.bare,
    },
    figures: { 'state MB': (state.ram?.bytes ?? 0) / 1e6 },
    goals: [{ what: 'restore against the floor', wanted: 1.3, got: ratio, unit: 'ratio' }],
  };
}

/** Overlays of its own, as any second user of a state needs them. */
async function overlays(bench: Bench, state: SavedState, words: readonly string[]) {
  const made = new Map<string, string>();
  for (const { name, path } of state.disks) {
    const overlay = join(bench.directory, `bare-${name}.qcow2`);
    await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', path, overlay]);
    made.set(name, overlay);
  }
  return words.map((word) =>
    word.replace(/"filename":"[^"]*\/(vd[a-z])\.qcow2"/, (_, name: string) => {
      return `"filename":"${made.get(name) ?? ''}"`;
    }),
  );
}

async function bareMachine(bench: Bench, words: readonly string[], state: SavedState) {
  const [executable = '', ...rest] = await overlays(bench, state, words);
  const qemu = await startBare(executable, rest, bench.directory, state.ram?.file);
  await resumeBare(qemu);
  return qemu;
}

async function bareRestore(bench: Bench, words: readonly string[], state: SavedState) {
  let qemu: Awaited<ReturnType<typeof bareMachine>> | undefined;
  const took = await seconds(async () => {
    qemu = await bareMachine(bench, words, state);
    await askShell(qemu.shell, ':', 1);
  });
  if (qemu !== undefined) await stopBare(qemu);
  return took;
}

async function bareSave(bench: Bench, words: readonly string[], state: SavedState) {
  const qemu = await bareMachine(bench, words, state);
  await askShell(qemu.shell, ':', 1);
  const file = join(bench.directory, 'bare.state');
  const took = await seconds(() => saveBare(qemu, file, bench.directory));
  await stopBare(qemu);
  return took;
}
