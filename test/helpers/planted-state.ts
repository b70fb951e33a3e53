import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import { machineOf, type MachineOptions } from '../../driver/library/machine-options.js';
import { fileDigest } from '../../driver/host/file-digest.js';
import { identifyQemu } from '../../driver/machine/qemu/version.js';
import { MANIFEST } from '../../driver/snapshots/store/manifest.js';
import { snapshotInputs } from '../../driver/snapshots/store/inputs.js';
import { snapshotKey } from '../../driver/snapshots/store/key.js';
import { testImage } from './vm-host.js';

/**
 * Puts a damaged entry where the library looks for a machine under TCG. Whoever looks there
 * says so; whoever may not has a boot without a word of it.
 * @returns its key
 */
export async function plantDamaged(states: string, machine?: MachineOptions): Promise<string> {
  const cacheDirectory = userCacheDirectory(process.env);
  const progress = { stage: () => undefined, log: () => undefined };
  const firmware = process.env['TAPBOOT_OVMF'];
  const inputs = await snapshotInputs(
    {
      qemu: await identifyQemu(),
      accelerator: { name: 'tcg', reasons: [], remembered: false },
      firmware,
    },
    await testImage(),
    machineOf(machine),
    (path) => fileDigest(path, { cacheDirectory, progress }),
  );
  const key = snapshotKey(inputs);
  await mkdir(join(states, key), { recursive: true });
  await writeFile(join(states, key, MANIFEST), 'damaged');
  return key;
}

/** What is said of such an entry by whoever comes across it. */
export const DAMAGE = /^the snapshot \w+ cannot be used: .*; it is removed and saved again$/;
