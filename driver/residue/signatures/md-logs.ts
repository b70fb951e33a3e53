import { crc32cRaw } from '../checksum.js';
import { mdUuid } from './md.js';
import { hex, size, text, u64, type Decoder } from './signature.js';

/**
 * Superblock of a write-intent bitmap.
 * Source: struct bitmap_super_s in Linux drivers/md/md-bitmap.h.
 */
export const mdBitmap: Decoder = {
  magics: [text('bitm')],
  window: { before: 0, length: 256 },
  decode(block, offset) {
    const version = block.readUInt32LE(4);
    if (version < 3 || version > 6) return undefined;
    return {
      kind: 'md-bitmap',
      type: 'md_bitmap',
      offset,
      length: 256,
      what: `md write-intent bitmap, version ${String(version)}, array ${mdUuid(block, 8)}`,
      detail: {
        version: String(version),
        uuid: mdUuid(block, 8),
        events: String(block.readBigUInt64LE(24)),
        sync_size: size(u64(block, 40) * 512),
        chunk: size(block.readUInt32LE(52)),
      },
    };
  },
};

const allOnes = Buffer.alloc(512, 0xff);
const checksumAt = 532;
const maxEntries = 148;

/**
 * Header of a partial parity log. It has no magic: 512 bytes of ones, then fields, and a
 * CRC-32C over its 4 KiB. Source: struct ppl_header in Linux include/uapi/linux/raid/md_p.h
 * and ppl_write_empty_header in drivers/md/raid5-ppl.c.
 */
export const mdPartialParityLog: Decoder = {
  magics: [hex('ffffffffffffffffffffffffffffffff')],
  window: { before: 0, length: 4096 },
  plausible(chunk, start) {
    if (!chunk.subarray(start, start + 512).equals(allOnes)) return false;
    // A stretch of ones must not cost a read for every sector of it.
    return start + 536 > chunk.length || chunk.readUInt32LE(start + 528) <= maxEntries;
  },
  decode(block, offset) {
    const entries = block.readUInt32LE(528);
    if (entries > maxEntries) return undefined;
    const stored = block.readUInt32LE(checksumAt);
    const blank = Buffer.from(block);
    blank.writeUInt32LE(0, checksumAt);
    if (~crc32cRaw(blank, 0xffffffff) >>> 0 !== stored) return undefined;
    return {
      kind: 'md-ppl',
      type: 'md_ppl',
      offset,
      length: 4096,
      what: `md partial parity log, ${String(entries)} entries`,
      detail: {
        entries: String(entries),
        generation: String(block.readBigUInt64LE(520)),
        signature: block.readUInt32LE(512).toString(16).padStart(8, '0'),
        checksum: 'ok',
      },
    };
  },
};

export const signatures: readonly Decoder[] = [mdBitmap, mdPartialParityLog];
