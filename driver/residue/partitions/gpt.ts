import { crc32 } from '../checksum.js';
import {
  hex,
  size,
  text,
  u64,
  verdict,
  type Decoder,
  type Region,
} from '../signatures/signature.js';

/** What a GPT header says that the entries need. */
export interface GptHeader {
  /** Bytes to a block, as far as the header's own place tells. */
  blockSize: number;
  entriesAt: number;
  entryCount: number;
  entrySize: number;
  entriesCrc: number;
}

/** A partition, relative to the start of the region that the table describes. */
export interface Partition extends Region {
  number: number;
  type: string;
}

const blockSizes = [512, 4096];
/** A table beyond this is not read; the customary one has 128 entries of 128 bytes. */
export const maxEntriesBytes = 128 * 1024;

/** Mixed-endian GUID (first three fields little-endian), in lower case. */
export function guid(bytes: Buffer, at: number): string {
  const word = bytes.readUInt32LE(at).toString(16).padStart(8, '0');
  const [a = '', b = ''] = [at + 4, at + 6].map((place) =>
    bytes.readUInt16LE(place).toString(16).padStart(4, '0'),
  );
  const rest = bytes.toString('hex', at + 8, at + 16);
  return `${word}-${a}-${b}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}

/** Reads a header's fields; undefined when they describe no table. Source: UEFI 2.10, 5.3.2. */
export function parseGptHeader(block: Buffer, blockSize: number): GptHeader | undefined {
  if (block.toString('latin1', 0, 8) !== 'EFI PART') return undefined;
  const entryCount = block.readUInt32LE(80);
  const entrySize = block.readUInt32LE(84);
  const entriesAt = u64(block, 72) * blockSize;
  if (entrySize < 128 || !Number.isFinite(entriesAt)) return undefined;
  return { blockSize, entriesAt, entryCount, entrySize, entriesCrc: block.readUInt32LE(88) };
}

/** The used entries of a table. Source: UEFI 2.10, 5.3.3. */
export function parseGptEntries(table: Buffer, header: GptHeader): Partition[] {
  const partitions: Partition[] = [];
  for (let index = 0; index < header.entryCount; index += 1) {
    const at = index * header.entrySize;
    if (at + 128 > table.length) break;
    const type = guid(table, at);
    const first = u64(table, at + 32);
    const last = u64(table, at + 40);
    if (/^[0-]+$/.test(type) || !Number.isFinite(last) || last < first) continue;
    partitions.push({
      number: index + 1,
      type,
      start: first * header.blockSize,
      length: (last - first + 1) * header.blockSize,
      name: `partition ${String(index + 1)} (gpt)`,
    });
  }
  return partitions;
}

/** GPT header, wherever it lies: the primary in the second block, the backup in the last. */
export const gptHeader: Decoder = {
  magics: [text('EFI PART')],
  window: { before: 0, length: 512 },
  decode(block, offset) {
    const length = block.readUInt32LE(12);
    if (length < 92 || length > 512) return undefined;
    const blank = Buffer.from(block.subarray(0, length));
    blank.writeUInt32LE(0, 16);
    const checksum = verdict(crc32(blank) === block.readUInt32LE(16));
    const own = u64(block, 24);
    const other = u64(block, 32);
    const role = own === 1 ? 'primary' : own > other ? 'backup' : 'unplaced';
    return {
      kind: 'partition-table',
      type: 'gpt',
      offset,
      length,
      placeIn: (region) =>
        blockSizes.some((blockSize) => region.start + own * blockSize === offset)
          ? role
          : undefined,
      what: `GPT ${role} header, disk ${guid(block, 56)}, checksum ${checksum}`,
      detail: {
        role,
        guid: guid(block, 56),
        own_lba: String(own),
        other_lba: String(other),
        entries_lba: String(u64(block, 72)),
        entry_count: String(block.readUInt32LE(80)),
        checksum,
      },
    };
  },
};

/** Types whose entries are recognised without a header. Source: UEFI and the Discoverable Partitions list. */
const knownTypes: Record<string, string> = {
  '28732ac11ff8d211ba4b00a0c93ec93b': 'EFI system',
  '4861682149646f6e744e656564454649': 'BIOS boot',
  a2a0d0ebe5b9334487c068b6b72699c7: 'Microsoft basic data',
  '16e3c9e35c0bb84d817df92df00215ae': 'Microsoft reserved',
  af3dc60f838472478e793d69d8477de4: 'Linux file system',
  '0f889da1fc053b4da006743f0f84911e': 'Linux RAID',
  '79d3d6e607f5c244a23c238f2a3df928': 'Linux LVM',
  '6dfd5706aba4c44384e50933c84b4f4f': 'Linux swap',
  e3bc684fcde8b14d96e7fbcaf984b709: 'Linux root (x86-64)',
  '45b021b9f01dc341af444c6f280d3fae': 'Linux root (arm64)',
  ffc213bce6596242a352b275fd6f7172: 'Linux extended boot',
  cb7c7dcaed63534c861c1742536059cc: 'Linux LUKS',
  c38c896ad21db21199a6080020736631: 'Solaris /usr and Apple ZFS',
};

/**
 * The first entry of a table whose type is a well-known one: also found when the headers are
 * gone, as after `wipefs --all`, which takes only the headers' magic.
 */
export const gptEntries: Decoder = {
  magics: Object.keys(knownTypes).map((digits) => hex(digits)),
  window: { before: 0, length: 128 },
  decode(entry, offset) {
    const first = u64(entry, 32);
    const last = u64(entry, 40);
    if (first < 2 || last < first || !Number.isFinite(last)) return undefined;
    if (entry.subarray(16, 32).every((byte) => byte === 0)) return undefined;
    const label = entry.toString('utf16le', 56, 128).replace(/\0.*$/s, '');
    const type = knownTypes[entry.toString('hex', 0, 16)] ?? guid(entry, 0);
    return {
      kind: 'partition-table',
      type: 'gpt_entries',
      offset,
      length: 128,
      what: `GPT entries, the first: ${type}, blocks ${String(first)} to ${String(last)} (${size((last - first + 1) * 512)} in blocks of 512)${label === '' ? '' : `, name ${label}`}`,
      detail: { first_type: type, first_lba: String(first), last_lba: String(last), label },
    };
  },
};
