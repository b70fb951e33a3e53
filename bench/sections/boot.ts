import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { heard, startBare, stopBare } from '../bare-qemu.js';
import type { BootImage } from '../../driver/image/image.js';
import type { Machine } from '../../driver/language/machine-shape.js';
import { machine, type Bench } from '../host.js';
import { inTurns, type Sample } from '../measure.js';
import type { SectionResult } from '../result.js';

const FORMS = ['debian', 'debian:iso,boot=bios', 'debian:iso,boot=uefi', 'debian:iso,boot=direct'];

/** One machine booted both ways, in seconds to its `login:`. */
export interface BootPair {
  tapboot(): Promise<number>;
  /** QEMU alone on the arguments that tapboot gave it last. */
  bare(): Promise<number>;
  /** Seconds from the start to the first command, of each of tapboot's boots. */
  ready: number[];
}

/** @param name of the machine, its own in this run */
export function bootPair(bench: Bench, name: string, image: BootImage, shape: Machine): BootPair {
  const ready: number[] = [];
  return {
    ready,
    tapboot: async () => {
      const began = performance.now();
      const vm = await BootImageVM.boot(bench.host, { name, image, machine: shape });
      await vm.run('echo', { timeoutMs: 60_000, channel: 'shell' });
      ready.push((performance.now() - began) / 1000);
      const login = vm.timings.bootToLoginSeconds ?? Number.NaN;
      // Its disks and variables are for the next: a machine with a saved snapshot keeps them.
      await vm.save();
      await vm.close();
      return login;
    },
    bare: async () => {
      const [executable = '', ...words] = bench.argv.get(name) ?? [];
      const began = performance.now();
      const qemu = await startBare(executable, words, bench.directory);
      await heard(qemu.console, /login:/);
      const took = (performance.now() - began) / 1000;
      await stopBare(qemu);
      return took;
    },
  };
}

/** Boot to the login prompt in each form: tapboot against QEMU on the same arguments. */
export async function boots(bench: Bench, forms = FORMS): Promise<SectionResult> {
  const samples: Record<string, Sample> = {};
  const notes: string[] = [];
  for (const [index, spec] of forms.entries()) {
    const image = await bench.image(spec);
    const { ready, ...pair } = bootPair(bench, `b${String(index)}`, image, machine(256));
    const measured = await inTurns(bench.repetitions, pair);
    samples[`${spec}: tapboot, to login:`] = measured.tapboot;
    samples[`${spec}: bare QEMU, to login:`] = measured.bare;
    notes.push(
      `${spec}: first command after ${Math.min(...ready).toFixed(1)} s at best, ` +
        `${Math.max(...ready).toFixed(1)} s at worst`,
    );
  }
  return { name: 'boot', samples, goals: [], notes };
}
