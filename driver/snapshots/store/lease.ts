import { lstat, mkdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { ifPresent } from '../../host/atomic-file.js';
import { contentOf, linkOrCopy } from './entry-files.js';
import { isProblem, MANIFEST, readManifest, type Manifest } from './manifest.js';

/**
 * An entry in use: names of our own for its files. It stays whole until the process ends,
 * whatever becomes of the entry itself meanwhile.
 */
export interface Lease {
  key: string;
  directory: string;
  manifest: Manifest;
  /** The manifest as it was read: tells this entry from one written after it. */
  text: string;
  /** Resolves to what is wrong with the files, undefined when nothing is. Never rejects. */
  verified: Promise<string | undefined>;
}

/** What looking for an entry led to. */
export type Found = { lease: Lease } | { damage: string; text: string | undefined } | undefined;

/**
 * Takes a lease on the entry below `root`, in `leases`. Its sizes are checked at once; the
 * digests of its files in the background, since a restore takes longer than they do.
 */
export async function takeLease(root: string, leases: string, key: string): Promise<Found> {
  const entry = join(root, key);
  const text = await manifestOf(entry);
  if (text === undefined) return await withoutManifest(entry);
  const manifest = readManifest(text, key);
  if (isProblem(manifest)) return { damage: manifest.problem, text };
  const directory = join(leases, key);
  await mkdir(directory, { mode: 0o700 });
  for (const { name, bytes } of manifest.files) {
    try {
      // A link or a FIFO would have us read what is none of the entry's.
      if (!(await lstat(join(entry, name))).isFile()) {
        await rm(directory, { recursive: true, force: true });
        return { damage: `its file ${name} is not a regular file`, text };
      }
      await linkOrCopy(join(entry, name), join(directory, name));
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // Evicted under our hands; or a file is missing while the entry stands.
      const still = (await manifestOf(entry)) === text;
      return still ? { damage: `its file ${name} is missing`, text } : undefined;
    }
    const { size } = await stat(join(directory, name));
    if (size !== bytes) {
      await rm(directory, { recursive: true, force: true });
      return { damage: `its file ${name} has ${size} bytes instead of ${bytes}`, text };
    }
  }
  // The time of the last use, for the eviction; an older one does little harm.
  const now = new Date();
  await utimes(join(entry, MANIFEST), now, now).catch(() => undefined);
  return { lease: { key, directory, manifest, text, verified: verify(directory, manifest) } };
}

/** The manifest of an entry as it stands; undefined when there is none. */
export async function manifestOf(entry: string): Promise<string | undefined> {
  return await ifPresent(readFile(join(entry, MANIFEST), 'utf8'));
}

/** A directory without a manifest is no entry that we have written. */
async function withoutManifest(entry: string): Promise<Found> {
  const facts = await lstat(entry).catch(() => undefined);
  return facts === undefined ? undefined : { damage: 'it has no manifest', text: undefined };
}

async function verify(directory: string, manifest: Manifest): Promise<string | undefined> {
  try {
    for (const { name, sha256, sparse } of manifest.files) {
      const content = await contentOf(join(directory, name), sparse);
      if (content.sha256 !== sha256) return `its file ${name} is not what was written`;
    }
    return undefined;
  } catch (error) {
    return `it cannot be read (${error instanceof Error ? error.message : String(error)})`;
  }
}
