import { hex, name, size, text, u64, uuid, type Decoder } from './signature.js';

/** squashfs 4, little-endian. Source: struct squashfs_super_block in Linux fs/squashfs/squashfs_fs.h. */
export const squashfs: Decoder = {
  magics: [text('hsqs')],
  window: { before: 0, length: 96 },
  decode(block, offset) {
    const blockSize = block.readUInt32LE(12);
    if (block.readUInt16LE(28) !== 4 || blockSize !== 2 ** block.readUInt16LE(22)) return undefined;
    return {
      kind: 'filesystem',
      type: 'squashfs',
      offset,
      length: 96,
      owner: offset,
      what: `squashfs superblock, ${size(u64(block, 40))}`,
      detail: { bytes: String(u64(block, 40)), block_size: String(blockSize) },
    };
  },
};

/** erofs, 1 KiB into the file system. Source: struct erofs_super_block in Linux fs/erofs/erofs_fs.h. */
export const erofs: Decoder = {
  magics: [hex('e2e1f5e0')],
  window: { before: 0, length: 128 },
  decode(block, offset) {
    const bits = block[12] ?? 0;
    if (bits < 9 || bits > 16) return undefined;
    return {
      kind: 'filesystem',
      type: 'erofs',
      offset,
      length: 128,
      owner: offset - 1024,
      what: `erofs superblock, ${size(block.readUInt32LE(36) * 2 ** bits)}, uuid ${uuid(block, 48)}`,
      detail: { uuid: uuid(block, 48), label: name(block, 64, 16), block_size: String(2 ** bits) },
    };
  },
};

/** ISO 9660 primary volume descriptor, 32 KiB into the medium. Source: ECMA-119, 8.4. */
export const iso9660: Decoder = {
  magics: [text('\x01CD001\x01')],
  window: { before: 0, length: 2048 },
  decode: (block, offset) => ({
    kind: 'filesystem',
    type: 'iso9660',
    offset,
    length: 2048,
    owner: offset - 32768,
    what: `iso9660 volume descriptor, ${size(block.readUInt32LE(80) * block.readUInt16LE(128))}, label ${name(block, 40, 32)}`,
    detail: { label: name(block, 40, 32), system: name(block, 8, 32) },
  }),
};

export const signatures: readonly Decoder[] = [squashfs, erofs, iso9660];
