import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes read at a time. */
const CHUNK = 1024 * 1024;

/** Where a file system has no hard links, or not between these two places. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS']);

/**
 * Gives a file that nobody writes to any more a second name, or a copy where that cannot be.
 * A linked file lives as long as one of its names: whoever holds one needs no lock.
 */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!NO_LINK.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

/** Size and SHA-256 of a file's content. */
export interface Content {
  bytes: number;
  sha256: string;
}

/** Reads a file through once. Between chunks other work of this process goes on. */
export async function contentOf(path: string): Promise<Content> {
  const handle = await open(path, 'r');
  try {
    return await hashed(handle);
  } finally {
    await handle.close();
  }
}

async function hashed(handle: FileHandle): Promise<Content> {
  const hash = createHash('sha256');
  // Two buffers: one is read into while the other is hashed.
  let [next, spare] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  let bytes = 0;
  let reading = handle.read(next, 0, CHUNK, 0);
  for (;;) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
    bytes += bytesRead;
    const full = next.subarray(0, bytesRead);
    [next, spare] = [spare, next];
    reading = handle.read(next, 0, CHUNK, bytes);
    hash.update(full);
  }
}

/** Bytes that a directory tree takes on the disk; 0 for what is not there (any more). */
export async function diskUse(path: string): Promise<number> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined) return 0;
  const own = facts.blocks * 512;
  if (!facts.isDirectory()) return own;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => diskUse(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, own);
}
