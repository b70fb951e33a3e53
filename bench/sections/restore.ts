import { readdirSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { join } from 'node:path';
import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { RamFormats } from '../../driver/machine/snapshot/ram-format.js';
import type { Snapshot } from '../../driver/machine/snapshot/snapshot.js';
import { capabilityOf, type SavedRam } from '../../driver/machine/snapshot/migration/formats.js';
import { askShell, resumeBare, saveBare, startBare, stopBare } from '../bare-qemu.js';
import { cacheDirectory, machine, type Bench } from '../host.js';
import { inTurns, seconds } from '../measure.js';
import type { Goal, SectionResult } from '../result.js';

/** A command that does what the driver's own commands do in a guest: a shell of its own. */
const FORKS = '( : )';

/**
 * Restore to the first command, and save: tapboot against QEMU driven by hand, with the snapshot
 * as it was saved (a stream), and in the form that tapboot would keep it in here.
 */
export async function restoreAndSave(bench: Bench): Promise<SectionResult> {
  const { host, argv, repetitions } = bench;
  const vm = await BootImageVM.boot(host, {
    name: 'saved',
    image: await bench.image('debian'),
    machine: machine(256),
  });
  await vm.settle();
  const stream = withRam(await vm.save());
  const own = { ...stream };
  await new RamFormats('auto', cacheDirectory).suit(host, own, Number.POSITIVE_INFINITY);
  const kept = withRam(own);
  let count = 0;
  const memory = new Map<Restorable, number>();
  const words = new Map<Restorable, readonly string[]>();
  const restored = async (state: Restorable): Promise<number> => {
    const name = `r${String(++count)}`;
    let one: BootImageVM | undefined;
    const took = await seconds(async () => {
      one = await BootImageVM.restore(host, name, state, true);
      await one.run('echo', { timeoutMs: 60_000, channel: 'shell' });
    });
    words.set(state, argv.get(name) ?? []);
    memory.set(state, ownMegabytes(argv.get(name) ?? []));
    await one?.close();
    return took;
  };
  // The arguments that a restored machine is started with.
  for (const state of [stream, kept]) await restored(state);
  const bare = async (state: Restorable, script: string): Promise<number> =>
    await bareRestore(bench, words.get(state) ?? [], state, script);
  const restores = await inTurns(repetitions, {
    tapboot: () => restored(kept),
    floor: () => bare(kept, ':'),
    forking: () => bare(kept, FORKS),
    tapbootStream: () => restored(stream),
    floorStream: () => bare(stream, ':'),
  });
  const saves = await inTurns(repetitions, {
    tapboot: () => seconds(() => vm.save()),
    bare: () => bareSave(bench, words.get(stream) ?? [], stream),
  });
  await vm.close();
  const { form } = kept.ram;
  const goal = (what: string, got: number): Goal => ({ what, wanted: 1.3, got, unit: 'ratio' });
  return {
    name: 'restore and save',
    samples: {
      [`restore to first command, ${form}: tapboot`]: restores.tapboot,
      [FLOOR]: restores.floor,
      [`the same, and a command that forks`]: restores.forking,
      'restore to first command, stream: tapboot': restores.tapbootStream,
      'restore to first command, stream: bare QEMU': restores.floorStream,
      'save: tapboot (flushes the guest first)': saves.tapboot,
      'save: bare QEMU': saves.bare,
    },
    figures: {
      'state MB, stream': stream.ram.bytes / 1e6,
      [`state MB, ${form}`]: kept.ram.bytes / 1e6,
      'MB of its own after the first command, stream': memory.get(stream) ?? Number.NaN,
      [`MB of its own after the first command, ${form}`]: memory.get(kept) ?? Number.NaN,
    },
    goals: [
      goal(`restore against the floor (${form})`, restores.tapboot.median / restores.floor.median),
      goal(
        'the same, against a floor whose command forks, as tapboot’s does',
        restores.tapboot.median / restores.forking.median,
      ),
      goal(
        'restore against QEMU with a plain stream',
        restores.tapboot.median / restores.floorStream.median,
      ),
    ],
  };
}

/** The sample that others are held against. */
export const FLOOR = 'restore to first command: bare QEMU with the same state (floor)';

type Restorable = Snapshot & { ram: SavedRam };

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
