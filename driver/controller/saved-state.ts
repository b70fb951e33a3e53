import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { saveDeviceState } from '../qemu/migration.js';
import type { RunningMachine } from '../qemu/running-machine.js';
import type { Machine } from '../scenario/model.js';
import type { BootImage, BootMedium } from '../image/image.js';
import type { UefiFirmware } from '../qemu/machine.js';
import type { DiskSet, FrozenDisk } from './disk-set.js';

/** What a machine must carry in its RAM to prove later that it was restored, not rebooted. */
export interface RestoreProof {
  nonce: string;
  /** Value of the guest's counter when the state was saved. */
  counter: number;
}

/**
 * A machine at one moment: RAM and devices in `deviceState`, disks frozen beside it.
 * Any number of machines can be restored from it, also at the same time.
 */
export interface SavedState {
  /** Names the state in TAP and record. */
  key: string;
  image: BootImage;
  machine: Machine;
  medium: BootMedium;
  firmware: UefiFirmware | undefined;
  smbiosFiles: string[];
  /** ISO 8601: when the boot that this descends from was made. */
  bootedAt: string;
  deviceState: string;
  deviceStateBytes: number;
  disks: FrozenDisk[];
  proof: RestoreProof;
  /** All that the console has said up to the save. */
  console: Uint8Array;
  timings: { bootToLoginSeconds?: number; bootToSshSeconds?: number };
  /** Pinned SSH host key in OpenSSH public format, when it is known. */
  hostKey: string | undefined;
}

/**
 * Saves what QEMU holds of a *stopped* machine and freezes its disks. The machine may go
 * on afterwards (`cont`): its writes go to new overlays.
 * @param directory where the device state is put
 * @throws TapbootError `infra` TAPBOOT_E_SAVE when a device cannot be saved
 */
export async function saveStoppedMachine(
  running: RunningMachine,
  disks: DiskSet,
  directory: string,
  name: string,
): Promise<Pick<SavedState, 'deviceState' | 'deviceStateBytes' | 'disks'>> {
  const deviceState = join(directory, `${name}.state`);
  try {
    const frozen = await disks.freeze(running.qmp);
    const socket = join(directory, `${name}.socket`);
    const deviceStateBytes = await saveDeviceState(running.qmp, deviceState, socket);
    return { deviceState, deviceStateBytes, disks: frozen };
  } catch (error) {
    await rm(deviceState, { force: true });
    throw error;
  }
}
