import { createHash } from 'node:crypto';
import type { BootImage } from '../image/image.js';
import { type Machine, machineAtBoot } from '../language/machine-shape.js';

/**
 * Names a machine shape: two scenarios with the same key can share a boot. 12 hex digits
 * of SHA-256 over image identity and everything the scenario asks of the machine.
 */
export function machineKey(image: BootImage, machine: Machine): string {
  const shape = {
    image: image.identity,
    medium: image.medium.kind,
    memory: machine.memoryBytes,
    cpus: machine.cpus,
    disks: machine.disks.map(({ name, sizeBytes }) => [name, sizeBytes]),
    network: machine.network,
    firmware: machine.firmware ?? null,
    display: machine.display === true ? true : undefined,
    cpu: machine.cpu,
    plug: machine.plug,
  };
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 12);
}

/** Names what a machine is booted as; disks that are plugged in later make no difference to it. */
export const bootKey = (image: BootImage, machine: Machine): string =>
  machineKey(image, machineAtBoot(machine));
