import { createHash } from 'node:crypto';
import { link, lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { awaitedLater } from '../../host/waiting.js';

/** Bytes read at a time. */
const CHUNK = 4 * 1024 * 1024;

/** Bytes that are looked at together: without any bit set they are a hole, or could be one. */
const PART = 64 * 1024;

const ZEROS = Buffer.alloc(PART);

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
    await copySparse(from, to);
  }
}

/** Copies a file; what is empty in it takes no room in the copy. */
async function copySparse(from: string, to: string): Promise<void> {
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'wx', 0o600);
    try {
      let end = 0;
      await eachChunk(source, async (chunk, offset) => {
        for (const { part, at } of partsOf(chunk, offset)) await writeAll(target, part, at);
        end = offset + chunk.length;
      });
      await target.truncate(end);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** On a disk that is nearly full, one write may take only the beginning. */
async function writeAll(target: FileHandle, part: Buffer, at: number): Promise<void> {
  let done = 0;
  while (done < part.length) {
    done += (await target.write(part, done, part.length - done, at + done)).bytesWritten;
  }
}

/** Size and SHA-256 of a file's content. */
export interface Content {
  bytes: number;
  sha256: string;
}

/**
 * Reads a file through once. Between chunks other work of this process goes on.
 * @param sparse the digest is that of the parts of 64 KiB that are not empty, each after its
 *   place, and of the length: the same bytes, the same digest, but a file of RAM that is
 *   mostly holes costs no more than what is in it
 */
export async function contentOf(path: string, sparse = false): Promise<Content> {
  const handle = await open(path, 'r');
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    await eachChunk(handle, (chunk, offset) => {
      bytes = offset + chunk.length;
      if (!sparse) return void hash.update(chunk);
      for (const { part, at } of partsOf(chunk, offset))
        hash.update(`${String(at)}\n`).update(part);
    });
  } finally {
    await handle.close();
  }
  if (sparse) hash.update(`${String(bytes)}\n`);
  return { bytes, sha256: hash.digest('hex') };
}

/** The parts of a chunk that have anything in them. */
function* partsOf(chunk: Buffer, offset: number): Generator<{ part: Buffer; at: number }> {
  for (let start = 0; start < chunk.length; start += PART) {
    const part = chunk.subarray(start, start + PART);
    if (ZEROS.compare(part, 0, part.length, 0, part.length) !== 0)
      yield { part, at: offset + start };
  }
}

/** Calls `use` for one piece of the file after the other; while it works, the next is read. */
async function eachChunk(
  handle: FileHandle,
  use: (chunk: Buffer, offset: number) => Promise<void> | void,
): Promise<void> {
  let [next, spare] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  let offset = 0;
  let reading = handle.read(next, 0, CHUNK, 0);
  for (;;) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) return;
    const full = next.subarray(0, bytesRead);
    const at = offset;
    offset += bytesRead;
    [next, spare] = [spare, next];
    reading = handle.read(next, 0, CHUNK, offset);
    // Whoever stops here leaves a read behind that nobody waits for.
    awaitedLater(reading);
    await use(full, at);
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
