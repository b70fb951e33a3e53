import { appendFile, stat } from 'node:fs/promises';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/**
 * Writes several initrds as one file, each padded with zeros to a multiple of four bytes: the
 * kernel reads concatenated archives, and looks for the next at such a boundary
 * (Documentation/driver-api/early-userspace/buffer-format.rst). QEMU takes one file only.
 */
export async function joinInitrds(initrds: readonly string[], destination: string): Promise<void> {
  for (const [index, initrd] of initrds.entries()) {
    const flags = index === 0 ? 'w' : 'a';
    await pipeline(createReadStream(initrd), createWriteStream(destination, { flags }));
    const { size } = await stat(destination);
    const padding = (4 - (size % 4)) % 4;
    if (padding > 0 && index < initrds.length - 1) {
      await appendFile(destination, Buffer.alloc(padding));
    }
  }
}
