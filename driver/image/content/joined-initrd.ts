import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BootMedium, ProviderContext } from '../image.js';
import { isMissing, temporaryName, writeFileAtomically } from '../../host/atomic-file.js';
import { fileDigest } from '../../host/file-digest.js';

/**
 * Writes several initrds as one file, each padded with zeros to a multiple of four bytes: the
 * kernel reads concatenated archives, and looks for the next at such a boundary
 * (Documentation/driver-api/early-userspace/buffer-format.rst). QEMU takes one file only.
 */
export async function joinInitrds(initrds: readonly string[], destination: string): Promise<void> {
  for (const [index, initrd] of initrds.entries()) {
    const flags = index === 0 ? 'w' : 'a';
    const out = createWriteStream(destination, { flags, mode: 0o600 });
    await pipeline(createReadStream(initrd), out);
    const { size } = await stat(destination);
    const padding = (4 - (size % 4)) % 4;
    if (padding > 0 && index < initrds.length - 1) {
      await appendFile(destination, Buffer.alloc(padding));
    }
  }
}

/**
 * Several initrds as one file of the cache, made once. It is used again only while it has the
 * digest that it had when it was made.
 *
 * @param digests SHA-256 of each initrd, in the same order: the key
 */
export async function joinedInitrd(
  initrds: readonly string[],
  digests: readonly string[],
  context: Pick<ProviderContext, 'cacheDirectory' | 'progress' | 'signal'>,
): Promise<string> {
  const directory = join(context.cacheDirectory, 'initrds');
  const name = createHash('sha256').update(digests.join('\n')).digest('hex').slice(0, 32);
  const path = join(directory, name);
  const note = `${path}.sha256`;
  try {
    const noted = await readFile(note, 'utf8');
    if ((await fileDigest(path, context)) === noted) return path;
    context.progress.log(`cache: ${path} is damaged; it is made again`);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await mkdir(directory, { recursive: true });
  const temporary = temporaryName(directory, name);
  try {
    await joinInitrds(initrds, temporary);
    const digest = await fileDigest(temporary, context);
    await rename(temporary, path);
    await writeFileAtomically(note, digest);
  } finally {
    await rm(temporary, { force: true });
  }
  return path;
}

/**
 * QEMU takes one initrd.
 * @returns the file to hand to QEMU: the only one, or the joined ones in `target`
 */
export async function initrdOf(medium: BootMedium, target: string): Promise<string | undefined> {
  if (medium.kind !== 'direct') return undefined;
  const [first, ...more] = medium.initrds;
  if (first === undefined || more.length === 0) return first;
  await joinInitrds(medium.initrds, target);
  return target;
}
