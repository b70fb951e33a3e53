import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { evict, listEntries, type EntryFacts, type Eviction } from './eviction.js';
import { manifestOf, takeLease, type Lease } from './lease.js';
import { MANIFEST } from './manifest.js';
import { publishEntry, type Publication } from './publish.js';
import { discard, reclaim, Tenant } from './tenant.js';

/**
 * Where snapshots are kept.
 * @param configured as `TAPBOOT_SNAPSHOT_DIR` has it
 */
export const snapshotsDirectory = (
  configured: string | undefined,
  cacheDirectory: string,
): string => configured ?? join(cacheDirectory, 'snapshots');

/** Where version 0.1 kept its snapshots, unless it was told otherwise. Nothing is read there. */
export const oldSnapshotsDirectory = (cacheDirectory: string): string =>
  join(cacheDirectory, 'states');

/** Options of {@link SnapshotStore}. */
export interface SnapshotStoreOptions {
  /** Made when something is published; absolute. */
  directory: string;
  /** What all entries together may take on the disk. */
  limitBytes: number;
  /** Told in a sentence what the user should know: a damaged entry was removed. */
  notice: (message: string) => void;
}

/**
 * The cache of snapshots: entries named by the key of everything they depend on. Any
 * number of processes may use one directory at once. There are no locks: an entry appears
 * and vanishes by a rename, and who uses one holds its files by names of his own.
 */
export class SnapshotStore implements AsyncDisposable {
  readonly #options: SnapshotStoreOptions;
  #tenant: Promise<Tenant> | undefined;
  /** One lookup, and one verification, for each entry. */
  readonly #leases = new Map<string, Promise<Lease | undefined>>();

  constructor(options: SnapshotStoreOptions) {
    this.#options = options;
  }

  /** Whether there is an entry of this key; it may yet turn out to be damaged. */
  async has(key: string): Promise<boolean> {
    const found = await stat(join(this.#options.directory, key, MANIFEST)).catch(() => undefined);
    return found !== undefined;
  }

  /**
   * Takes an entry into use until this store is closed. A damaged one is removed, and said.
   * Whoever restores from it also waits for {@link Lease.verified}.
   */
  async find(key: string): Promise<Lease | undefined> {
    let lease = this.#leases.get(key);
    if (lease === undefined) {
      lease = this.#find(key);
      this.#leases.set(key, lease);
      const found = await lease;
      // What is not there now may be there later.
      if (found === undefined) this.#leases.delete(key);
    }
    return await lease;
  }

  async #find(key: string): Promise<Lease | undefined> {
    const { directory } = this.#options;
    if ((await stat(join(directory, key)).catch(() => undefined)) === undefined) return undefined;
    const { leases } = await this.#movedIn();
    const found = await takeLease(directory, leases, key);
    if (found === undefined || 'lease' in found) return found?.lease;
    await this.#remove(key, found.text, found.damage);
    return undefined;
  }

  /** Removes the entry that `lease` is on, since it is not what it should be. */
  async reject(lease: Lease, reason: string): Promise<void> {
    this.#leases.delete(lease.key);
    await rm(lease.directory, { recursive: true, force: true });
    await this.#remove(lease.key, lease.text, reason);
  }

  async #remove(key: string, text: string | undefined, reason: string): Promise<void> {
    const { directory, notice } = this.#options;
    notice(`the snapshot ${key} cannot be used: ${reason}; it is removed and saved again`);
    const entry = join(directory, key);
    // Another process may have put a good one in its place.
    if ((await manifestOf(entry)) === text) await discard(directory, entry);
  }

  /**
   * Writes an entry, unless there is one, and keeps the cache below its limit.
   * @returns false when the entry was there already: somebody else was faster
   * @throws what writing throws, e.g. ENOSPC; nothing is left behind then
   */
  async publish(publication: Publication): Promise<boolean> {
    const { directory, limitBytes } = this.#options;
    const { staging } = await this.#movedIn();
    const published = await publishEntry(directory, staging, publication);
    if (published) await evict(directory, limitBytes);
    return published;
  }

  async list(): Promise<EntryFacts[]> {
    return await listEntries(this.#options.directory);
  }

  /** Removes what killed processes left, damaged entries, and what is above the limit. */
  async prune(limitBytes = this.#options.limitBytes): Promise<Eviction[]> {
    await reclaim(this.#options.directory);
    return await evict(this.#options.directory, limitBytes);
  }

  /**
   * Removes the entries of another version: those whose manifest can be read and that no running
   * process uses. What is no entry stays, and so does the directory.
   */
  async removeOld(): Promise<Eviction[]> {
    const { directory } = this.#options;
    const entries = await listEntries(directory);
    return await Promise.all(
      entries.map(async (entry): Promise<Eviction> => {
        if (entry.inUse) return { entry, action: 'in use' };
        if (entry.manifest === undefined) return { entry, action: 'kept' };
        await rm(join(directory, entry.key), { recursive: true });
        return { entry, action: 'removed' };
      }),
    );
  }

  /** Removes every entry that no running process uses. */
  async clear(): Promise<Eviction[]> {
    return await this.prune(-1);
  }

  async #movedIn(): Promise<Tenant> {
    this.#tenant ??= this.#moveIn();
    return await this.#tenant;
  }

  async #moveIn(): Promise<Tenant> {
    await reclaim(this.#options.directory);
    return await Tenant.moveIn(this.#options.directory);
  }

  /** Gives up all leases. Idempotent. */
  async close(): Promise<void> {
    const tenant = await this.#tenant?.catch(() => undefined);
    this.#tenant = undefined;
    this.#leases.clear();
    await tenant?.moveOut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
