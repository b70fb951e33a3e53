import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { execa } from 'execa';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { userCacheDirectory } from '../driver/config/cache-directory.js';
import { type VmHost, VmNames } from '../driver/machine/vm-host.js';
import type { Progress } from '../driver/host/progress.js';
import type { BootImage } from '../driver/image/image.js';
import { provideImage } from '../driver/image/providers.js';
import { chooseAccelerator } from '../driver/machine/qemu/accelerator.js';
import { identifyQemu } from '../driver/machine/qemu/version.js';
import { makeRunKeys } from '../driver/machine/run-keys.js';
import { probeKernel } from '../driver/machine/qemu/probe-kernel.js';
import type { Machine } from '../driver/language/machine-shape.js';

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** What all sections share. */
export interface Bench {
  host: VmHost;
  /** The last argument vector that a VM of this name was started with. */
  argv: Map<string, readonly string[]>;
  directory: string;
  repetitions: number;
  image(spec: string): Promise<BootImage>;
  close(): void;
}

export const cacheDirectory = userCacheDirectory(process.env);

/** Builds of images say nothing here. */
export const quiet: Progress = { stage: () => undefined, log: () => undefined };

export async function provide(spec: string): Promise<BootImage> {
  return await provideImage(spec, {
    cacheDirectory,
    projectRoot,
    workingDirectory: projectRoot,
    progress: quiet,
  });
}

/** @param accel as `--accel` */
export async function openBench(
  accel: 'auto' | 'kvm' | 'tcg',
  repetitions: number,
): Promise<Bench> {
  // Else the first run that is measured would build dist/.
  await execa(process.execPath, [join(projectRoot, 'bin/tapboot.mjs'), '--version']);
  const directory = mkdtempSync(join(tmpdir(), 'tbb-'));
  const qemu = await identifyQemu();
  const image = await provide('debian');
  const log = (): void => undefined;
  const accelerator = await chooseAccelerator({
    wanted: accel,
    qemu,
    cacheDirectory,
    log,
    kernel: () => probeKernel(image),
  });
  const argv = new Map<string, readonly string[]>();
  const host: VmHost = {
    qemu,
    accelerator,
    keys: await makeRunKeys(directory),
    workspace: directory,
    log,
    names: new VmNames(),
    timeouts: { spawnMs: 900_000, loginMs: 300_000 },
    emit: (event) => {
      if (event.type === 'vm:start') argv.set(event.vm, event.argv);
    },
    places: (vm) => {
      const place = join(directory, 'logs', vm);
      mkdirSync(join(place, 'diagnostics'), { recursive: true });
      return { serialLog: join(place, 'serial.log'), diagnostics: join(place, 'diagnostics') };
    },
    facts: () => undefined,
  };
  return {
    host,
    argv,
    directory,
    repetitions,
    image: provide,
    close: () => {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A machine of the seed's size. @param mebibytes of its disks */
export const machine = (...mebibytes: number[]): Machine => ({
  memoryBytes: 512 * 1024 ** 2,
  cpus: 1,
  network: 'isolated',
  disks: mebibytes.map((size, index) => ({
    name: `vd${String.fromCharCode(97 + index)}`,
    sizeBytes: size * 1024 ** 2,
  })),
});
