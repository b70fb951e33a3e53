import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifPresent } from '../../host/atomic-file.js';
import { diskUse } from './entry-files.js';
import { isProblem, MANIFEST, readManifest, type Manifest } from './manifest.js';
import { isSnapshotKey } from './key.js';
import { discard, leasedKeys } from './tenant.js';

/** An entry of the cache, as `tapboot snapshot list` shows it. */
export interface EntryFacts {
  key: string;
  /** Bytes on the disk. */
  bytes: number;
  /** When it was last written or restored from; milliseconds since the epoch. */
  lastUsed: number;
  /** A running process restores from it. */
  inUse: boolean;
  /** Absent when the manifest is damaged: then `problem` says how. */
  manifest?: Manifest;
  problem?: string;
}

/** All entries, the one used last first. Reads manifests only, no digest is checked. */
export async function listEntries(root: string): Promise<EntryFacts[]> {
  const leased = await leasedKeys(root);
  const names = ((await ifPresent(readdir(root))) ?? []).filter(isSnapshotKey);
  const entries = await Promise.all(names.map((key) => factsOf(root, key, leased)));
  return entries.sort((a, b) => b.lastUsed - a.lastUsed);
}

async function factsOf(root: string, key: string, leased: Set<string>): Promise<EntryFacts> {
  const entry = join(root, key);
  const manifestFile = join(entry, MANIFEST);
  const used = await ifPresent(stat(manifestFile));
  const text = await ifPresent(readFile(manifestFile, 'utf8'));
  const read = text === undefined ? { problem: 'it has no manifest' } : readManifest(text, key);
  return {
    key,
    bytes: await diskUse(entry),
    lastUsed: used?.mtimeMs ?? 0,
    inUse: leased.has(key),
    problem: isProblem(read) ? read.problem : undefined,
    manifest: isProblem(read) ? undefined : read,
  };
}

/** An entry that was looked at for removal. */
export interface Eviction {
  entry: EntryFacts;
  action: 'kept' | 'removed' | 'in use';
}

/**
 * Removes damaged entries, then the ones not used for longest, until all together take no
 * more than `limitBytes`. An entry in use is never removed.
 */
export async function evict(root: string, limitBytes: number): Promise<Eviction[]> {
  const entries = await listEntries(root);
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const decisions: Eviction[] = [];
  const damagedFirst = [...entries].reverse().sort((a, b) => rank(a) - rank(b));
  for (const entry of damagedFirst) {
    const goes = entry.problem !== undefined || total > limitBytes;
    if (!goes || entry.inUse) {
      decisions.push({ entry, action: goes ? 'in use' : 'kept' });
      continue;
    }
    await discard(root, join(root, entry.key));
    total -= entry.bytes;
    decisions.push({ entry, action: 'removed' });
  }
  return decisions;
}

const rank = ({ problem }: EntryFacts): number => (problem === undefined ? 1 : 0);
