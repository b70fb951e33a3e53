import { join } from 'node:path';
import { scenarioError } from '../errors.js';
import type { BootImage, BootMedium } from '../image/image.js';
import { uefiFirmware } from './qemu/firmware.js';
import type { UefiFirmware } from './qemu/arguments.js';
import type { Machine } from '../language/machine-shape.js';
import type { DiskRequest, DiskSet } from './disk-set.js';

/**
 * How this scenario boots this image. A scenario that names a firmware changes the way an
 * ISO or disk image is booted; a kernel booted directly has no firmware to choose.
 * @throws TapbootError `scenario` TAPBOOT_E_FIRMWARE_CHOICE
 */
export function mediumFor(image: BootImage, machine: Machine): BootMedium {
  const { medium } = image;
  if (machine.firmware === undefined) return medium;
  if (medium.kind === 'direct') {
    throw scenarioError(
      'TAPBOOT_E_FIRMWARE_CHOICE',
      `the scenario needs ${machine.firmware} firmware, but the image ${image.spec} boots its kernel directly`,
      { hint: 'Use an ISO or a disk image, e.g. `--image debian:iso`.' },
    );
  }
  return { ...medium, firmware: machine.firmware };
}

/** Firmware files for a medium; undefined for BIOS (SeaBIOS, part of QEMU) and direct boots. */
export async function firmwareFor(
  medium: BootMedium,
  directory: string,
  override: string | undefined,
): Promise<UefiFirmware | undefined> {
  if (medium.kind === 'direct' || medium.firmware === 'bios') return undefined;
  return await uefiFirmware(join(directory, 'uefi-variables.fd'), override);
}

/** The disks to make for a machine: blank ones, but for a disk image, which backs `vda`. */
export function disksFor(machine: Machine, medium: BootMedium): DiskRequest[] {
  return machine.disks.map(({ name, sizeBytes }, index) => ({
    name,
    sizeBytes,
    backing:
      medium.kind === 'disk' && index === 0
        ? { path: medium.disk, format: medium.format }
        : undefined,
  }));
}

/**
 * A machine beside one that is off, and its disks: a blank one like its first, then overlays
 * of the named ones as `vdb`, `vdc`, ….
 */
export function disksBeside(
  parts: { machine: Machine; disks: DiskSet },
  names: readonly string[],
): { machine: Machine; disks: DiskRequest[] } {
  const { machine, disks } = parts;
  const [system] = machine.disks;
  const copies = names.map((disk, index) => ({
    name: `vd${String.fromCharCode('b'.charCodeAt(0) + index)}`,
    sizeBytes: machine.disks.find(({ name }) => name === disk)?.sizeBytes ?? 0,
    backing: { path: disks.overlay(disk), format: 'qcow2' as const },
  }));
  const requests = [...(system === undefined ? [] : [{ ...system }]), ...copies];
  const beside = requests.map(({ name, sizeBytes }) => ({ name, sizeBytes }));
  return { machine: { ...machine, disks: beside }, disks: requests };
}
