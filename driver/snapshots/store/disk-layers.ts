import { copyFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { backingChain, renameBacking } from '../../machine/qemu/disks.js';
import type { FrozenDisk } from '../../machine/disk-set.js';
import { linkOrCopy } from './entry-files.js';

/** A disk in an entry: its qcow2 files, the one on top last. */
export interface StagedDisk {
  name: string;
  sizeBytes: number;
  layers: string[];
}

/**
 * Brings a frozen disk's chain of qcow2 files into `directory`, under names of its own and
 * each naming the one below it without a path: the chain holds together wherever the
 * directory goes.
 * @param base the image's own disk, which stays where it is
 */
export async function stageDisk(
  disk: FrozenDisk,
  base: string | undefined,
  directory: string,
): Promise<StagedDisk> {
  const chain = await backingChain(disk.path);
  const end = base === undefined ? -1 : chain.findIndex(({ path }) => path === base);
  const own = (end === -1 ? chain : chain.slice(0, end)).reverse();
  const layers: string[] = [];
  for (const { path } of own) {
    const name = `${disk.name}.${String(layers.length)}.qcow2`;
    const below = layers.at(-1);
    if (below === undefined) {
      // It names no file of the run, so it can stay as it is.
      await linkOrCopy(path, join(directory, name));
    } else {
      await copyFile(path, join(directory, name), constants.COPYFILE_FICLONE);
      await renameBacking(join(directory, name), below, 'qcow2');
    }
    layers.push(name);
  }
  return { name: disk.name, sizeBytes: disk.sizeBytes, layers };
}
