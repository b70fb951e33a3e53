import { readdirSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { join } from 'node:path';
import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { RamFormats } from '../../driver/machine/snapshot/ram-format.js';
import type { Snapshot } from '../../driver/machine/snapshot/snapshot.js';
import { capabilityOf, type SavedRam } from '../../driver/machine/snapshot/migration/formats.js';
import { askShell, resumeBare, saveBare, startBare, stopBare } from '../bare-qemu.js';
import { goal } from '../goals.js';
import { cacheDirectory, machine, type Bench } from '../host.js';
import { inTurns, seconds } from '../measure.js';
import type { SectionResult } from '../result.js';

/** A command that does what the driver's own commands do in a guest: a shell of its own. */
const FORKS = '( : )';

/** A machine that was saved, to be restored by tapboot and by hand. */
export interface SavedMachine {
  /** The machine itself, which runs on. */
  vm: BootImageVM;
  /** As it was saved. */
  stream: Restorable;
  /** In the RAM format that tapboot would keep it in here. */
  kept: Restorable;
  /** Seconds of a restore to the first command. */
  restored(state: Restorable): Promise<number>;
  /** Megabytes of its own that the last restored machine had. */
  memory: Map<Restorable, number>;
  /** The arguments that a restored machine was started with. */
  words(state: Restorable): readonly string[];
  /** Seconds of the same by hand, to the answer to `script`: the floor. */
  floor(state: Restorable, script?: string): Promise<number>;
}

/** Boots and saves a machine of the seed's kind. @param name its own in this run */
export async function savedMachine(bench: Bench, name: string): Promise<SavedMachine> {
  const { host, argv } = bench;
  const image = await bench.image('debian');
  const vm = await BootImageVM.boot(host, { name, image, machine: machine(256) });
  await vm.settle();
  const stream = withRam(await vm.save());
  const own = { ...stream };
  await new RamFormats('auto', cacheDirectory).suit(host, own, Number.POSITIVE_INFINITY);
  const kept = withRam(own);
  let count = 0;
  const memory = new Map<Restorable, number>();
  const started = new Map<Restorable, readonly string[]>();
  const words = (state: Restorable): readonly string[] => started.get(state) ?? [];
  const restored = async (state: Restorable): Promise<number> => {
    const copy = `${name}-${String(++count)}`;
    let one: BootImageVM | undefined;
    const took = await seconds(async () => {
      one = await BootImageVM.restore(host, copy, state, true);
      await one.run('echo', { timeoutMs: 60_000, channel: 'shell' });
    });
    started.set(state, argv.get(copy) ?? []);
    memory.set(state, ownMegabytes(words(state)));
    await one?.close();
    return took;
  };
  // The arguments that a restored machine is started with.
  for (const state of [stream, kept]) await restored(state);
  const floor = async (state: Restorable, script = FORKS): Promise<number> =>
    await bareRestore(bench, words(state), state, script);
  return { vm, stream, kept, restored, memory, words, floor };
}

/**
 * Restore to the first command, and save: tapboot against QEMU driven by hand, with the snapshot
 * as it was saved (a stream), and in the form that tapboot would keep it in here.
 */
export async function restoreAndSave(bench: Bench): Promise<SectionResult> {
  const { vm, stream, kept, restored, memory, words, floor } = await savedMachine(bench, 'saved');
  const restores = await inTurns(bench.repetitions, {
    tapboot: () => restored(kept),
    builtin: () => floor(kept, ':'),
    forking: () => floor(kept),
    tapbootStream: () => restored(stream),
    floorStream: () => floor(stream, ':'),
  });
  const saves = await inTurns(bench.repetitions, {
    tapboot: () => seconds(() => vm.save()),
    bare: () => bareSave(bench, words(stream), stream),
  });
  await vm.close();
  const { form } = kept.ram;
  return {
    name: 'restore and save',
    samples: {
      [`restore to first command, ${form}: tapboot`]: restores.tapboot,
      'restore to first command: bare QEMU with the same state, a builtin': restores.builtin,
      'the same, and a command that forks (floor)': restores.forking,
      'restore to first command, stream: tapboot': restores.tapbootStream,
      'restore to first command, stream: bare QEMU, a builtin': restores.floorStream,
      'save: tapboot (flushes the guest first)': saves.tapboot,
      'save: bare QEMU': saves.bare,
    },
    figures: {
      'restore against a floor whose command is a builtin':
        restores.tapboot.median / restores.builtin.median,
      'the same, stream': restores.tapbootStream.median / restores.floorStream.median,
      'state MB, stream': stream.ram.bytes / 1e6,
      [`state MB, ${form}`]: kept.ram.bytes / 1e6,
      'MB of its own after the first command, stream': memory.get(stream) ?? Number.NaN,
      [`MB of its own after the first command, ${form}`]: memory.get(kept) ?? Number.NaN,
    },
    goals: [goal('restore', restores.tapboot.median / restores.forking.median)],
  };
}

export type Restorable = Snapshot & { ram: SavedRam };

function withRam(state: Snapshot): Restorable {
  if (state.ram === undefined) throw new Error('a running machine has RAM');
  return { ...state, ram: state.ram };
}

/** Private megabytes (proc_pid_smaps(5)) of the QEMU that was started with these arguments. */
function ownMegabytes(argv: readonly string[]): number {
  const name = argv[argv.indexOf('-name') + 1] ?? '-';
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (!words.includes(name) || words[0] !== argv[0]) continue;
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      const kilobytes = [...text.matchAll(/^Private_\w+:\s+(\d+) kB$/gm)];
      return kilobytes.reduce((sum, [, kb]) => sum + Number(kb), 0) / 1024;
    } catch {
      // Ended meanwhile: none of ours.
    }
  }
  return Number.NaN;
}

/** Overlays of its own, as any second user of a snapshot needs them. */
async function overlays(bench: Bench, state: Snapshot, words: readonly string[]) {
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

async function bareMachine(bench: Bench, words: readonly string[], state: Restorable) {
  const [executable = '', ...rest] = await overlays(bench, state, words);
  const qemu = await startBare(executable, rest, bench.directory, state.ram.file);
  await resumeBare(qemu, capabilityOf(state.ram.form));
  return qemu;
}

async function bareRestore(
  bench: Bench,
  words: readonly string[],
  state: Restorable,
  script: string,
) {
  let qemu: Awaited<ReturnType<typeof bareMachine>> | undefined;
  const took = await seconds(async () => {
    qemu = await bareMachine(bench, words, state);
    await askShell(qemu.shell, script, 1);
  });
  if (qemu !== undefined) await stopBare(qemu);
  return took;
}

async function bareSave(bench: Bench, words: readonly string[], state: Restorable) {
  const qemu = await bareMachine(bench, words, state);
  await askShell(qemu.shell, ':', 1);
  const file = join(bench.directory, 'bare.state');
  const took = await seconds(() => saveBare(qemu, file, bench.directory));
  await stopBare(qemu);
  return took;
}
