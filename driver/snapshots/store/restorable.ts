import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mediumFor } from '../../machine/medium.js';
import type { Snapshot } from '../../machine/snapshot/snapshot.js';
import { infraError } from '../../errors.js';
import type { BootImage } from '../../image/image.js';
import { findFirmware } from '../../machine/qemu/firmware.js';
import type { SavedRam } from '../../machine/snapshot/migration/formats.js';
import { bytesOnDisk } from '../../machine/snapshot/migration/save.js';
import type { Machine } from '../../language/machine-shape.js';
import { layerProblem } from './layer-chain.js';
import type { Lease } from './lease.js';
import type { Manifest } from './manifest.js';
import { awaitedLater } from '../../host/waiting.js';

/** What the entry was asked for with; the key says that it was made of the same. */
export interface Wanted {
  image: BootImage;
  machine: Machine;
  /** `CODE:VARS`, as the host has it. */
  firmware: string | undefined;
}

/**
 * The entry as a snapshot that machines can be restored from. Its `verified` rejects with
 * TAPBOOT_E_STATE_DAMAGED (`infra`) when a file is not what was written.
 * @throws TapbootError `infra` TAPBOOT_E_STATE_DAMAGED when a disk rests on other files than
 *   those of the entry and the image
 */
export async function restorable(lease: Lease, wanted: Wanted): Promise<Snapshot> {
  const { manifest, directory } = lease;
  const at = (name: string): string => join(directory, name);
  const { key, bootedAt, proof, timings, bootFrom } = manifest;
  const { image, machine } = wanted;
  const base = image.medium.kind === 'disk' ? image.medium : undefined;
  for (const [index, { layers }] of manifest.disks.entries()) {
    const problem = await layerProblem(directory, layers, index === 0 ? base : undefined);
    if (problem === undefined) continue;
    throw infraError('TAPBOOT_E_STATE_DAMAGED', `the snapshot ${key} cannot be used`, {
      got: problem,
      snapshot: 'unusable',
    });
  }
  const verified = lease.verified.then((damage) => {
    if (damage === undefined) return;
    throw infraError('TAPBOOT_E_STATE_DAMAGED', `the snapshot ${key} is damaged: ${damage}`);
  });
  awaitedLater(verified);
  const variables = manifest.firmwareVariables;
  return {
    key,
    verified,
    image,
    machine,
    medium: mediumFor(image, machine),
    smbiosFiles: [],
    firmware:
      variables === undefined
        ? undefined
        : { code: (await findFirmware(wanted.firmware)).code, variables: at(variables) },
    bootFrom,
    bootedAt,
    proof,
    kernel: manifest.kernel,
    ageSeconds: manifest.ageSeconds,
    ram: manifest.ram === undefined ? undefined : await ramOf(manifest.ram, at),
    memory: manifest.memory,
    disks: manifest.disks.map(({ name, sizeBytes, layers }) => ({
      name,
      sizeBytes,
      path: at(layers.at(-1) ?? ''),
    })),
    console: await readFile(at(manifest.console)),
    timings: {
      bootToLoginSeconds: timings.bootToLoginSeconds,
      bootToSshSeconds: timings.bootToSshSeconds,
    },
    hostKey: manifest.hostKey,
    consoleLogin: manifest.consoleLogin === undefined ? undefined : true,
    authorizedKey: manifest.authorizedKey,
  };
}

async function ramOf(
  { form, file, pages }: NonNullable<Manifest['ram']>,
  at: (name: string) => string,
): Promise<SavedRam> {
  const own = [file, ...(pages === undefined ? [] : [pages])];
  const sizes = await Promise.all(own.map((name) => bytesOnDisk(at(name))));
  return {
    form,
    file: at(file),
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    pages: pages === undefined ? undefined : at(pages),
  };
}
