import { join } from 'node:path';
import { createDisk, createOverlay } from './qemu/disks.js';
import { diskDevice, diskNode, type MachineDisk as QemuDisk } from './qemu/arguments.js';
import type { QmpClient } from './qemu/qmp.js';

/** A disk that a machine starts with: blank, or an overlay of `backing`. */
export interface DiskRequest {
  /** `vda`, `vdb`, … */
  name: string;
  sizeBytes: number;
  /** Never written to. */
  backing?: { path: string; format: 'raw' | 'qcow2' };
}

/** A disk's content at one moment: a file that is never written again. */
export interface FrozenDisk {
  name: string;
  sizeBytes: number;
  path: string;
}

interface Disk {
  name: string;
  sizeBytes: number;
  /** The file that takes the writes now. */
  overlay: string;
  /** QEMU's name of its block node. */
  node: string;
}

/**
 * The disks of one machine: for each a chain of qcow2 files of which only the newest is
 * written. Freezing starts a new file on top, so a frozen one can back any number of
 * machines while this one goes on.
 */
export class DiskSet {
  readonly #directory: string;
  readonly #disks: Disk[];
  #generation = 0;

  private constructor(directory: string, disks: Disk[]) {
    this.#directory = directory;
    this.#disks = disks;
  }

  /** Makes the files for a machine that is about to start. */
  static async create(directory: string, requests: readonly DiskRequest[]): Promise<DiskSet> {
    return new DiskSet(directory, await Promise.all(requests.map((one) => made(directory, one))));
  }

  /** Makes further disks and plugs them into a running machine, in their order. */
  async plug(qmp: QmpClient, requests: readonly DiskRequest[]): Promise<void> {
    const disks = await Promise.all(requests.map((one) => made(this.#directory, one)));
    for (const disk of disks) {
      await qmp.execute('blockdev-add', diskNode(disk.node, disk.overlay));
      await qmp.execute('device_add', diskDevice(disk.name));
      this.#disks.push(disk);
    }
  }

  /** The disks as QEMU is started with them. After that start, node names begin anew. */
  forQemu(): QemuDisk[] {
    for (const disk of this.#disks) disk.node = disk.name;
    return this.#disks.map(({ name, overlay }) => ({ name, overlay }));
  }

  /** Name of the block node that holds the disk now. */
  node(name: string): string {
    return this.#find(name).node;
  }

  /** The file that takes the disk's writes now. */
  overlay(name: string): string {
    return this.#find(name).overlay;
  }

  get names(): string[] {
    return this.#disks.map(({ name }) => name);
  }

  /** The disks of a machine that is off: nobody writes them any more. */
  frozen(): FrozenDisk[] {
    return this.#disks.map(({ name, sizeBytes, overlay }) => ({ name, sizeBytes, path: overlay }));
  }

  /**
   * Freezes the disks of a *stopped* machine as they are, and lets it write to new files
   * from here on (QMP `blockdev-add` and `blockdev-snapshot`, for all disks at once).
   */
  async freeze(qmp: QmpClient): Promise<FrozenDisk[]> {
    const frozen = this.frozen();
    const generation = ++this.#generation;
    const next = this.#disks.map((disk) => ({
      disk,
      node: `${disk.name}-${String(generation)}`,
      overlay: join(this.#directory, `${disk.name}-${String(generation)}.qcow2`),
    }));
    for (const { disk, node, overlay } of next) {
      await createOverlay(overlay, disk.overlay, 'qcow2');
      await qmp.execute('blockdev-add', { ...diskNode(node, overlay), backing: null });
    }
    await qmp.execute('transaction', {
      actions: next.map(({ disk, node }) => ({
        type: 'blockdev-snapshot',
        data: { node: disk.node, overlay: node },
      })),
    });
    for (const { disk, node, overlay } of next) Object.assign(disk, { node, overlay });
    return frozen;
  }

  #find(name: string): Disk {
    const disk = this.#disks.find((candidate) => candidate.name === name);
    if (disk === undefined) throw new RangeError(`no disk ${name}`);
    return disk;
  }
}

/** A disk's file, made for a machine that has it from now on. */
async function made(directory: string, { name, sizeBytes, backing }: DiskRequest): Promise<Disk> {
  const overlay = join(directory, `${name}.qcow2`);
  if (backing === undefined) await createDisk(overlay, sizeBytes);
  else await createOverlay(overlay, backing.path, backing.format);
  return { name, sizeBytes, overlay, node: name };
}
