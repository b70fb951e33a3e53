import { open } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { scenarioError } from '../../errors.js';
import type { ImageSpec } from '../image.js';
import { fileKind } from './file-kind.js';
import { readableFile } from './readable-file.js';

/** Longer than any chain in use: a loop. */
const CHAIN_LIMIT = 64;

/**
 * The files that a qcow2 image consists of: itself, then its backing files down to the base
 * (layout of the header: qemu, docs/interop/qcow2.txt).
 *
 * @param spec the SPEC that named the image, for messages
 * @throws TapbootError `scenario` for an image whose data lie in a file that is not there, or
 *   behind a protocol
 */
export async function qcow2Chain(path: string, spec: ImageSpec): Promise<string[]> {
  const chain = [path];
  for (let current = path; (await fileKind(current)).kind === 'qcow2';) {
    const named = await backingFile(current);
    if (named === undefined) break;
    const backing = await readableFile(named, '/', spec);
    if (chain.length >= CHAIN_LIMIT || chain.includes(backing)) {
      throw unfit(path, `its backing files form a loop at ${backing}`);
    }
    chain.push(backing);
    current = backing;
  }
  return chain;
}

async function backingFile(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(104);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    if (bytesRead < 72) throw unfit(path, 'its header is cut short');
    const version = header.readUInt32BE(4);
    if (version !== 2 && version !== 3) throw unfit(path, `it has version ${String(version)}`);
    // Incompatible feature bit 2: the data are in another, raw file.
    if (version === 3 && (header.readBigUInt64BE(72) & 4n) !== 0n) {
      throw unfit(path, 'its data lie in an external file');
    }
    const offset = Number(header.readBigUInt64BE(8));
    const length = header.readUInt32BE(16);
    if (offset === 0) return undefined;
    if (length === 0 || length > 1023) throw unfit(path, 'its header is damaged');
    const name = Buffer.alloc(length);
    await file.read(name, 0, length, offset);
    const text = name.toString('utf8').replace(/^file:/, '');
    if (/^[a-z][a-z0-9+.-]+:/.test(text)) throw unfit(path, `its backing file is ${text}`);
    return isAbsolute(text) ? text : join(dirname(path), text);
  } finally {
    await file.close();
  }
}

function unfit(path: string, got: string): Error {
  return scenarioError('TAPBOOT_E_IMAGE_KIND', `${path} cannot serve as boot image`, {
    expected: 'a whole qcow2 image whose backing files, if any, are local files',
    got,
    hint: 'Make it one file: qemu-img convert -O qcow2 IMAGE WHOLE.qcow2',
  });
}
