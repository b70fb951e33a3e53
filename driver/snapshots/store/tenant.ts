import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifPresent } from '../../host/atomic-file.js';
import { identify, liveness, readIdentity } from '../../host/process-identity.js';

const TENANT = '.run-';
const TRASH = '.trash-';
const OWNER = 'owner.json';

/** A tenant that nobody can be asked about counts as gone after this time without a change. */
const UNKNOWN_GONE_MS = 24 * 3_600_000;
/** A tenant without an owner yet is being made; after this time it never will be. */
const NEWBORN_MS = 60_000;

/**
 * The part of the store that belongs to one process while it runs: entries being written,
 * and names of its own (leases) for the files of entries it uses. Known by its owner: what
 * a killed process left is told from what a living one needs.
 */
export class Tenant {
  readonly staging: string;
  readonly leases: string;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.staging = join(directory, 'staging');
    this.leases = join(directory, 'leases');
  }

  /** Moves into the store below `root`, which is made when missing, for its owner alone. */
  static async moveIn(root: string): Promise<Tenant> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const tenant = new Tenant(join(root, `${TENANT}${randomUUID()}`));
    await mkdir(tenant.#directory, { mode: 0o700 });
    await writeFile(join(tenant.#directory, OWNER), JSON.stringify(identify()), { mode: 0o600 });
    await mkdir(tenant.staging, { mode: 0o700 });
    await mkdir(tenant.leases, { mode: 0o700 });
    return tenant;
  }

  /** Gives everything back. Idempotent. */
  async moveOut(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Takes `path` out of sight at once, then removes it. @returns false when it was gone */
export async function discard(root: string, path: string): Promise<boolean> {
  const trash = join(root, `${TRASH}${randomUUID()}`);
  try {
    await rename(path, trash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  await rm(trash, { recursive: true, force: true });
  return true;
}

/**
 * Removes what processes that were killed have left: half-written entries, leases, and
 * entries they were about to remove.
 * @returns the number of leftovers removed
 */
export async function reclaim(root: string): Promise<number> {
  let removed = 0;
  for (const name of (await ifPresent(readdir(root))) ?? []) {
    const path = join(root, name);
    const dead = name.startsWith(TRASH) || (name.startsWith(TENANT) && (await isGone(path)));
    if (!dead) continue;
    await rm(path, { recursive: true, force: true });
    removed++;
  }
  return removed;
}

/** Keys of the entries that running processes use. Rejects where that cannot be read. */
export async function leasedKeys(root: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const name of (await ifPresent(readdir(root))) ?? []) {
    if (!name.startsWith(TENANT) || (await isGone(join(root, name)))) continue;
    const leases = await ifPresent(readdir(join(root, name, 'leases')));
    for (const key of leases ?? []) keys.add(key);
  }
  return keys;
}

async function isGone(tenant: string): Promise<boolean> {
  const changed = await ifPresent(stat(tenant));
  if (changed === undefined) return false;
  const age = Date.now() - changed.mtimeMs;
  const text = await ifPresent(readFile(join(tenant, OWNER), 'utf8'));
  const owner = readIdentity(text);
  if (owner === undefined) return age > NEWBORN_MS;
  const state = liveness(owner);
  return state === 'gone' || (state === 'unknown' && age > UNKNOWN_GONE_MS);
}
