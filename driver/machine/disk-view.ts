import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rawCopyOfOverlay, rawCopyOfPausedDisk } from './qemu/disks.js';
import type { DiskSet } from './disk-set.js';
import type { Guest } from './guest.js';
import type { DiskView } from './machine-under-test.js';

/** Milliseconds that a guest gets to flush; one that cannot is looked at unflushed, and marked so. */
const SYNC_MS = 30_000;

export interface ViewOptions {
  directory: string;
  power: 'on' | 'off';
  /** Absent of a machine that was restored powered off. */
  guest: Guest | undefined;
}

/**
 * Makes raw copies of disks to look at. Of a machine that is off: the final content. Of
 * one that runs: flushed by `sync` in the guest, then paused for as long as the copies
 * take, since the page cache of an open device is on no disk yet.
 */
export async function viewDisks(
  disks: DiskSet,
  names: readonly string[],
  options: ViewOptions,
): Promise<DiskView[]> {
  const directory = await mkdtemp(join(options.directory, 'view-'));
  const view = (disk: string, state: DiskView['state']): DiskView => {
    const path = join(directory, `${disk}.raw`);
    const close = async (): Promise<void> => {
      await rm(path, { force: true });
    };
    return { disk, path, state, [Symbol.asyncDispose]: close };
  };
  const filesAsTheyAre = async (state: DiskView['state']): Promise<DiskView[]> =>
    await Promise.all(
      names.map(async (name) => {
        const made = view(name, state);
        await rawCopyOfOverlay(disks.overlay(name), made.path);
        return made;
      }),
    );
  const { guest } = options;
  if (options.power === 'off' || guest === undefined) return await filesAsTheyAre('power-off');
  // Where QEMU itself was lost, its files are all there is.
  if (!guest.running.process.running) return await filesAsTheyAre('unsynced');
  const state = !guest.dead && (await flushed(guest)) ? 'synced' : 'unsynced';
  const { qmp } = guest.running;
  await qmp.execute('stop');
  try {
    const views: DiskView[] = [];
    for (const name of names) {
      const made = view(name, state);
      await rawCopyOfPausedDisk(qmp, disks.node(name), join(directory, 'nbd'), made.path);
      views.push(made);
    }
    return views;
  } finally {
    await guest.resume();
  }
}

async function flushed(guest: Guest): Promise<boolean> {
  try {
    const channel = await guest.channel();
    const result = await channel.run('sync', { timeoutMs: SYNC_MS });
    return result.exitStatus === 0;
  } catch {
    return false;
  }
}
