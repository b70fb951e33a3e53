import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readyMachine } from '../../driver/interactive/ready-machine.js';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import { readConfig } from '../../driver/config/config.js';
import type { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { type VmHost, VmNames } from '../../driver/machine/vm-host.js';
import type { VmFacts } from '../../driver/events/vm-facts.js';
import type { NewEvent } from '../../driver/events/events.js';
import type { BootImage } from '../../driver/image/image.js';
import { provideImage } from '../../driver/image/providers.js';
import { identifyQemu } from '../../driver/machine/qemu/version.js';
import { makeRunKeys } from '../../driver/machine/run-keys.js';
import type { Machine } from '../../driver/language/machine-shape.js';
import { sharedStates } from './shared-states.js';

export const projectRoot = dirname(dirname(fileURLToPath(new URL('.', import.meta.url))));

/** A VmHost for tests, with what it was told. */
export interface TestHost extends VmHost {
  events: NewEvent[];
  lines: string[];
  facts(vm: string, facts: VmFacts): void;
  known: Map<string, VmFacts>;
}

/** Makes a host whose files vanish at teardown. TCG: what tests show must hold everywhere. */
export async function testHost(t: { teardown(close: () => void): void }): Promise<TestHost> {
  const workspace = mkdtempSync(join(tmpdir(), 'tb-'));
  t.teardown(() => {
    rmSync(workspace, { recursive: true, force: true });
  });
  const events: NewEvent[] = [];
  const lines: string[] = [];
  const known = new Map<string, VmFacts>();
  return {
    workspace,
    events,
    lines,
    known,
    names: new VmNames(),
    qemu: await identifyQemu(),
    accelerator: { name: 'tcg', reasons: ['TCG: tests'], remembered: false },
    keys: await makeRunKeys(workspace),
    timeouts: { spawnMs: 300_000, loginMs: 120_000 },
    emit: (event) => events.push(event),
    log: (line) => lines.push(line),
    places: (vm) => {
      const directory = join(workspace, 'logs', vm);
      mkdirSync(join(directory, 'diagnostics'), { recursive: true });
      return {
        serialLog: join(directory, 'serial.log'),
        diagnostics: join(directory, 'diagnostics'),
      };
    },
    facts: (vm, facts) => known.set(vm, facts),
  };
}

/** The embedded image, from the user's cache when it is there. */
export async function testImage(spec = 'debian'): Promise<BootImage> {
  return await provideImage(spec, {
    cacheDirectory: userCacheDirectory(process.env),
    projectRoot,
    workingDirectory: projectRoot,
    progress: { stage: () => undefined, log: () => undefined },
  });
}

/** A machine with blank disks of the given sizes in MiB. */
export function testMachine(...mebibytes: number[]): Machine {
  return {
    memoryBytes: 512 * 1024 * 1024,
    cpus: 1,
    network: 'isolated',
    disks: mebibytes.map((size, index) => ({
      name: `vd${String.fromCharCode(97 + index)}`,
      sizeBytes: size * 1024 * 1024,
    })),
  };
}

/**
 * A machine for a test that is not about the boot: as scenarios get theirs, restored where an
 * earlier test, or the machines that tests share, have kept such a one. Closed at teardown.
 */
export async function readyVm(
  t: { teardown(close: () => Promise<void>): void },
  host: TestHost,
  machine: Machine,
  name = 'ready',
): Promise<BootImageVM> {
  const { CI: _ci, ...environment } = process.env;
  const request = {
    config: readConfig({ ...environment, TAPBOOT_SNAPSHOT_DIR: sharedStates }, {}, projectRoot),
    cacheDirectory: userCacheDirectory(process.env),
  };
  const ready = await readyMachine(request, host, await testImage(), machine, name);
  t.teardown(async () => {
    await ready[Symbol.asyncDispose]();
  });
  return ready.vm;
}
