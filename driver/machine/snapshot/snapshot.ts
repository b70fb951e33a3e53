import type { KernelCommandLine } from '../../events/events.js';
import type { BootImage, BootMedium } from '../../image/image.js';
import type { Machine } from '../../language/machine-shape.js';
import type { FrozenDisk } from '../disk-set.js';
import type { UefiFirmware } from '../qemu/arguments.js';
import type { SavedRam } from './migration/formats.js';

/** What a machine carries in its RAM to prove later that it was restored, not rebooted. */
export interface RestoreProof {
  nonce: string;
  /** Times the guest has been asked for the proof before the snapshot was saved. */
  counter: number;
}

/**
 * A machine at one moment: RAM and devices in `ram`, disks frozen beside it.
 * Any number of machines can be restored from it, also at the same time.
 */
export interface Snapshot {
  /** Names the snapshot in TAP and record. */
  key: string;
  /** Settles when the files are known to be what was written; absent: they are this run's own. */
  verified?: Promise<void>;
  image: BootImage;
  machine: Machine;
  medium: BootMedium;
  firmware: UefiFirmware | undefined;
  smbiosFiles: string[];
  /** Set when the machine had last been booted from a disk. */
  bootFrom?: string;
  /** ISO 8601: when the boot that this descends from was made. */
  bootedAt: string;
  /** What its kernel was started with, where that is known. */
  kernel?: KernelCommandLine;
  /**
   * The most seconds that the guest's kernel had run by then; absent where nobody knows, as in
   * snapshots of older drivers, and of a machine that was off.
   */
  ageSeconds?: number;
  /**
   * RAM and devices; absent of a machine that was off: then the disks are all there is. May
   * be converted to another format while the snapshot is in use: each has all that a restore needs.
   */
  ram?: SavedRam;
  disks: FrozenDisk[];
  proof: RestoreProof;
  /** All that the console has said up to the save. */
  console: Uint8Array;
  timings: { bootToLoginSeconds?: number; bootToSshSeconds?: number };
  /** Pinned SSH host key in OpenSSH public format, when it is known. */
  hostKey: string | undefined;
  /** The console lets root in: commands can go over it, too. */
  consoleLogin?: true;
  /** The client key that the guest lets in. */
  authorizedKey: string;
  /** Saved without a word from the guest: nothing in its RAM can prove what it is. */
  unasked?: true;
  /** Most memory that its QEMU has had resident so far. */
  residentBytes?: number;
  /** What the one who saved it wants to remember with it, as JSON. */
  memory?: unknown;
}

/** What a snapshot is called. */
export interface SnapshotName {
  /** Of the snapshot's files, unique for this machine. */
  files: string;
  /** Key under which the snapshot is to be kept; the machine carries it in its RAM from then on. */
  key?: string;
}

/**
 * A clock of the most seconds that a guest's kernel can have run: since QEMU was started, and
 * before its snapshot was saved. The wall clock counts a sleep of the host, in which a guest's
 * clock may go on; the monotonic one is not set back by anybody.
 * @param startedAt `performance.now()` when QEMU was started
 * @param pastSeconds age of the guest when the snapshot was saved from which it was restored
 */
export function guestAge(startedAt: number, pastSeconds: number): () => number {
  const wallStart = Date.now() - (performance.now() - startedAt);
  return () => {
    const ms = Math.max(performance.now() - startedAt, Date.now() - wallStart);
    return pastSeconds + ms / 1000;
  };
}
