import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { infraError } from '../errors.js';
import type { Progress } from './progress.js';
import { writeFileAtomically } from './atomic-file.js';

interface Remembered {
  path: string;
  /** Size, times and inode: whoever changes the contents changes one of these. */
  stamp: string;
  sha256: string;
}

/**
 * A file changed within this many nanoseconds before its digest was taken may change again with
 * the same time stamp (the kernel's clock tick, coarse file systems); its digest is not kept.
 */
const YOUNG_NS = 2_000_000_000n;

/**
 * SHA-256 (hex) of a file's contents. Remembered by path, size, times and inode, so that a large
 * image is read only once.
 *
 * @throws TapbootError `infra` when the file changes while it is read
 */
export async function fileDigest(
  path: string,
  context: { cacheDirectory: string; progress: Progress; signal?: AbortSignal },
): Promise<string> {
  const absolute = resolve(path);
  const name = createHash('sha256').update(absolute).digest('hex').slice(0, 32);
  const note = join(context.cacheDirectory, 'digests', `${name}.json`);
  const before = await stamp(absolute);
  const remembered = await readNote(note);
  if (remembered?.path === absolute && remembered.stamp === before.text) return remembered.sha256;
  const hash = createHash('sha256');
  const { signal } = context;
  await pipeline(createReadStream(absolute, { highWaterMark: 1024 * 1024 }), hash, { signal });
  const sha256 = hash.digest('hex');
  const after = await stamp(absolute);
  if (after.text !== before.text) {
    throw infraError('TAPBOOT_E_IMAGE_CHANGED', `${path} changed while it was read`, {
      expected: 'an image that no program writes to',
      hint: 'Wait until the build of the image has ended.',
    });
  }
  const now = BigInt(Date.now()) * 1_000_000n;
  if (now - after.changedNs > YOUNG_NS) {
    const text = JSON.stringify({ path: absolute, stamp: after.text, sha256 } satisfies Remembered);
    await writeFileAtomically(note, text).catch((error: unknown) => {
      context.progress.log(`cache: the digest of ${path} could not be kept: ${String(error)}`);
    });
  }
  return sha256;
}

async function stamp(path: string): Promise<{ text: string; changedNs: bigint }> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return {
    text: [dev, ino, size, mtimeNs, ctimeNs].join(':'),
    changedNs: ctimeNs > mtimeNs ? ctimeNs : mtimeNs,
  };
}

/** A note that cannot be read or understood is as good as none. */
async function readNote(path: string): Promise<Remembered | undefined> {
  try {
    const note: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isRemembered(note) ? note : undefined;
  } catch {
    return undefined;
  }
}

function isRemembered(note: unknown): note is Remembered {
  if (typeof note !== 'object' || note === null) return false;
  const { path, stamp: text, sha256 } = note as Record<string, unknown>;
  return (
    typeof path === 'string' &&
    typeof text === 'string' &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}
