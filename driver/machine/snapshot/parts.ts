import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UefiFirmware } from '../qemu/arguments.js';
import { ownDirectory, type QemuParts } from '../boot-sequence.js';
import { writeCredentials } from '../credentials.js';
import { DiskSet } from '../disk-set.js';
import type { Snapshot } from './snapshot.js';
import type { VmHost } from '../vm-host.js';

/**
 * What a QEMU that restores `state` is made of: its own overlays and variable store, in a
 * directory of its own.
 * @param sameRun the guest knows this run's keys already
 */
export async function partsOfSnapshot(
  host: VmHost,
  name: string,
  state: Snapshot,
  sameRun: boolean,
): Promise<QemuParts> {
  const directory = await ownDirectory(host);
  const { image, machine, medium, bootFrom } = state;
  const [disks, firmware, smbiosFiles] = await Promise.all([
    DiskSet.create(
      directory,
      state.disks.map(({ name: disk, sizeBytes, path }) => ({
        name: disk,
        sizeBytes,
        backing: { path, format: 'qcow2' as const },
      })),
    ),
    ownFirmware(state.firmware, directory),
    // For a later reboot: a guest reads them at boot only.
    sameRun || image.access.root === 'console'
      ? state.smbiosFiles
      : writeCredentials(directory, host.keys),
  ]);
  return {
    host,
    name,
    image,
    machine,
    medium,
    firmware,
    smbiosFiles,
    directory,
    disks,
    bootFrom,
  };
}

/** A variable store of the machine's own: two machines cannot write to one. */
async function ownFirmware(
  firmware: UefiFirmware | undefined,
  directory: string,
): Promise<UefiFirmware | undefined> {
  if (firmware === undefined) return undefined;
  const variables = join(directory, 'uefi-variables.fd');
  await copyFile(firmware.variables, variables);
  return { code: firmware.code, variables };
}
