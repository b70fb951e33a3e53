import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { BootMedium } from '../image/image.js';

/**
 * QEMU takes one initrd; the kernel takes several concatenated ones, each begun at a
 * multiple of 4 bytes (Linux, driver-api/early-userspace/buffer-format).
 * @returns the file to hand to QEMU: the only one, or the joined ones in `target`
 */
export async function joinInitrds(medium: BootMedium, target: string): Promise<string | undefined> {
  if (medium.kind !== 'direct') return undefined;
  const [first, ...more] = medium.initrds;
  if (first === undefined || more.length === 0) return first;
  const out = createWriteStream(target, { mode: 0o600 });
  let length = 0;
  for (const file of medium.initrds) {
    const source = createReadStream(file);
    source.on('data', (chunk) => (length += chunk.length));
    await pipeline(source, out, { end: false });
    const rest = (4 - (length % 4)) % 4;
    if (rest > 0) out.write(Buffer.alloc(rest));
    length += rest;
  }
  await new Promise<void>((resolve, reject) => {
    out.once('error', reject);
    out.end(resolve);
  });
  return target;
}
