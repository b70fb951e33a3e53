import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Progress } from '../../host/progress.js';
import { withLock } from '../../host/lock.js';

/** What an entry says about itself; written last, so that it vouches for the rest. */
interface Manifest {
  format: 1;
  key: string;
  /** Provenance, free of meaning to the store. */
  facts: Record<string, string>;
  files: Record<string, { size: number; sha256: string }>;
}

/** A built thing in the cache. */
export interface StoreEntry {
  directory: string;
  facts: Record<string, string>;
  /** SHA-256 (hex) of each file, by name. */
  digests: Record<string, string>;
  /** Seconds the build took; absent when it was there already. */
  buildSeconds?: number;
}

/** How an entry is asked for. */
export interface StoreRequest {
  /** Parent directory of the entries of this kind. */
  directory: string;
  /** SHA-256 (hex) over all that goes into the entry. */
  key: string;
  progress: Progress;
  signal?: AbortSignal;
  /** Fills the given empty directory with flat files; returns the facts to keep. */
  build(directory: string): Promise<Record<string, string>>;
}

/**
 * Returns the entry for `key`, building it first where it is missing or damaged.
 *
 * An entry appears by one rename and is never changed; two processes that want the same
 * one take turns. Before use every file's SHA-256 is compared with the manifest, unless
 * inode, size and change time are those of the last comparison.
 */
export async function obtainEntry(request: StoreRequest): Promise<StoreEntry> {
  const { directory, key, progress, signal } = request;
  const path = join(directory, key);
  const present = await readEntry(path, progress);
  if (present !== undefined) return present;
  return withLock(
    join(directory, `${key}.lock`),
    async () => (await readEntry(path, progress)) ?? buildEntry(request, path),
    {
      onWait: () => {
        progress.log(`waiting for another build of ${path}`);
      },
      signal,
    },
  );
}

/**
 * Returns an entry that is there and whole; undefined otherwise. A damaged one is said.
 */
export async function readEntry(path: string, progress: Progress): Promise<StoreEntry | undefined> {
  const complaint = (text: string): StoreEntry | undefined => {
    progress.log(`discarding cached image part ${path}: ${text}`);
    return undefined;
  };
  const text = await readFile(join(path, 'manifest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) {
    const exists = await stat(path).then(
      () => true,
      () => false,
    );
    return exists ? complaint('no manifest') : undefined;
  }
  const manifest = parseManifest(text);
  if (manifest === undefined) return complaint('unreadable manifest');
  const stamp = join(path, 'verified');
  const stamps = [];
  for (const [name, expected] of Object.entries(manifest.files)) {
    const found = await stat(join(path, name), { bigint: true }).catch(() => undefined);
    if (found === undefined) return complaint(`${name} is missing`);
    if (found.size !== BigInt(expected.size)) {
      return complaint(`${name} has ${String(found.size)} bytes, not ${String(expected.size)}`);
    }
    stamps.push(`${name} ${String(found.ino)} ${String(found.size)} ${String(found.ctimeNs)}`);
  }
  const current = stamps.join('\n');
  if ((await readFile(stamp, 'utf8').catch(() => '')) !== current) {
    for (const [name, expected] of Object.entries(manifest.files)) {
      if ((await sha256File(join(path, name))) !== expected.sha256) {
        return complaint(`${name} has changed since it was built`);
      }
    }
    // Without it (a cache that is read-only) the next use compares digests again.
    await writeFile(stamp, current).catch(() => undefined);
  }
  // Its time of last use, for whoever clears up; an older one does little harm.
  await utimes(path, new Date(), new Date()).catch(() => undefined);
  const digests = Object.fromEntries(
    Object.entries(manifest.files).map(([name, file]) => [name, file.sha256]),
  );
  return { directory: path, facts: manifest.facts, digests };
}

async function buildEntry(request: StoreRequest, path: string): Promise<StoreEntry> {
  const { directory, key, progress } = request;
  // The lock is ours: what an earlier builder of this key left half done is rubbish.
  for (const name of await readdir(directory)) {
    if (name.startsWith(`.${key}.`)) await rm(join(directory, name), { recursive: true });
  }
  const started = performance.now();
  const temporary = join(directory, `.${key}.${randomBytes(4).toString('hex')}`);
  await mkdir(temporary, { recursive: true });
  try {
    const facts = await request.build(temporary);
    const files: Manifest['files'] = {};
    for (const name of (await readdir(temporary)).sort()) {
      const file = join(temporary, name);
      files[name] = { size: (await stat(file)).size, sha256: await sha256File(file) };
    }
    const manifest: Manifest = { format: 1, key, facts, files };
    await writeFile(join(temporary, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await syncFiles(temporary);
    await rm(path, { recursive: true, force: true });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  const entry = await readEntry(path, progress);
  if (entry === undefined) throw new Error(`${path} vanished right after it was built`);
  return { ...entry, buildSeconds: (performance.now() - started) / 1000 };
}

function parseManifest(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text) as Partial<Manifest>;
    return manifest.format === 1 && typeof manifest.files === 'object'
      ? (manifest as Manifest)
      : undefined;
  } catch {
    return undefined;
  }
}

/** SHA-256 (hex) of a file's content. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

async function syncFiles(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = await open(join(directory, name));
    await file.sync();
    await file.close();
  }
  const parent = await open(dirname(directory));
  await parent.sync();
  await parent.close();
}
