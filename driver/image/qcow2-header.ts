import { open } from 'node:fs/promises';

/** What of a qcow2 file's header says where its content lies. */
export interface Qcow2Header {
  /** As it is written: a path, absolute or relative to the file's directory, or a URL or `json:{…}`. */
  backing?: string;
  /** Format that QEMU is told to open the backing file with; absent: QEMU would guess. */
  backingFormat?: string;
  /** The content lies in another file, which the header, too, may name. */
  externalData: boolean;
  encrypted: boolean;
}

/** The header cannot be followed; the message completes “the file …: ”. */
export class Qcow2Damage extends Error {}

const MAGIC = Buffer.from('QFI\xfb', 'latin1');

/** Bytes of a version 2 header, and the least of version 3. */
const [HEADER_2, HEADER_3] = [72, 104];

/** The longest name of a backing file that QEMU takes. */
const NAME_LIMIT = 1023;

const EXTENSION = {
  end: 0,
  backingFormat: 0xe2792aca,
  dataFile: 0x44415441,
  encryption: 0x0537be77,
};

/** Bit 2 of the incompatible features: the data lie in another file. */
const EXTERNAL_DATA = 4n;

/**
 * Reads where a qcow2 file's content lies (layout: qemu, docs/interop/qcow2.txt). No other file
 * is opened, and no tool runs: safe on a file of unknown origin.
 * @throws Qcow2Damage for what is no qcow2 file, or one that QEMU could not follow either
 */
export async function readQcow2Header(path: string): Promise<Qcow2Header> {
  const file = await open(path, 'r');
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };
  try {
    const header = await read(0, HEADER_3);
    if (!header.subarray(0, 4).equals(MAGIC)) throw new Qcow2Damage('it has no qcow2 header');
    if (header.length < HEADER_2) throw new Qcow2Damage('its header is cut short');
    const version = header.readUInt32BE(4);
    if (version !== 2 && version !== 3) {
      throw new Qcow2Damage(`it has version ${String(version)} of qcow2`);
    }
    if (version === 3 && header.length < HEADER_3) throw new Qcow2Damage('its header is cut short');
    const start = version === 2 ? HEADER_2 : header.readUInt32BE(100);
    const clusterBits = header.readUInt32BE(20);
    const nameAt = Number(header.readBigUInt64BE(8));
    const nameLength = header.readUInt32BE(16);
    const named = nameAt !== 0;
    // Extensions end where the name begins; both lie in the first cluster.
    const end = named ? nameAt : 2 ** clusterBits;
    const sane = clusterBits >= 9 && clusterBits <= 21 && start >= HEADER_2 && start <= end;
    if (!sane || end > 2 ** clusterBits || (named && (nameLength < 1 || nameLength > NAME_LIMIT))) {
      throw new Qcow2Damage('its header is damaged');
    }
    const extensions = extensionsOf(await read(start, end - start));
    const name = named ? await read(nameAt, nameLength) : undefined;
    if (name !== undefined && name.length < nameLength) {
      throw new Qcow2Damage('its header is cut short');
    }
    const features = version === 3 ? header.readBigUInt64BE(72) : 0n;
    return {
      backing: name?.toString('utf8'),
      backingFormat: extensions.get(EXTENSION.backingFormat)?.toString('utf8'),
      externalData: (features & EXTERNAL_DATA) !== 0n || extensions.has(EXTENSION.dataFile),
      encrypted: header.readUInt32BE(32) !== 0 || extensions.has(EXTENSION.encryption),
    };
  } finally {
    await file.close();
  }
}

/** The extensions of a header by their type, up to the one that ends them. */
function extensionsOf(area: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 8 <= area.length;) {
    const type = area.readUInt32BE(at);
    if (type === EXTENSION.end) return found;
    const length = area.readUInt32BE(at + 4);
    const start = at + 8;
    if (start + length > area.length) throw new Qcow2Damage('its header is damaged');
    found.set(type, area.subarray(start, start + length));
    at = start + Math.ceil(length / 8) * 8;
  }
  return found;
}
