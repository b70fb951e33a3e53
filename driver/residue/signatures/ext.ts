import { hex, name, size, uuid, type Decoder } from './signature.js';

const feature = { journal: 0x4, journalDevice: 0x8, anyExt4: 0x0040 | 0x0080 | 0x0200 | 0x8000 };
// RO_COMPAT: huge_file, gdt_csum, dir_nlink, extra_isize, metadata_csum.
const ext4ReadOnly = 0x0008 | 0x0010 | 0x0020 | 0x0040 | 0x0400;

/**
 * Superblock of ext2, ext3 or ext4, and its backups. The first lies 1 KiB into the file system,
 * backups at the start of block groups (1, and powers of 3, 5 and 7 with sparse_super); each
 * says which group it is in, and so where the file system begins.
 * Source: struct ext4_super_block in Linux fs/ext4/ext4.h.
 */
export const extSuperblock: Decoder = {
  magics: [hex('53ef', 0x38)],
  window: { before: 0, length: 1024 },
  decode(block, offset) {
    const log = block.readUInt32LE(0x18);
    const firstBlock = block.readUInt32LE(0x14);
    const perGroup = block.readUInt32LE(0x20);
    const blocks = block.readUInt32LE(4);
    const revision = block.readUInt32LE(0x4c);
    const blockSize = 1024 * 2 ** log;
    if (log > 6 || firstBlock > 1 || revision > 1 || blocks === 0) return undefined;
    if (perGroup === 0 || perGroup > blockSize * 8 || block.readUInt32LE(0) === 0) return undefined;
    const group = block.readUInt16LE(0x5a);
    const within = group === 0 ? 1024 : (firstBlock + group * perGroup) * blockSize;
    const compatible = block.readUInt32LE(0x5c);
    const incompatible = block.readUInt32LE(0x60);
    const readOnly = block.readUInt32LE(0x64);
    const type =
      incompatible & feature.journalDevice
        ? 'jbd'
        : incompatible & feature.anyExt4 || readOnly & ext4ReadOnly
          ? 'ext4'
          : compatible & feature.journal
            ? 'ext3'
            : 'ext2';
    const label = name(block, 0x78, 16);
    const owner = offset - within;
    return {
      kind: group === 0 ? 'filesystem' : 'filesystem-backup',
      type,
      offset,
      length: 1024,
      owner,
      placeIn: (region) =>
        region.start === owner
          ? group === 0
            ? 'primary'
            : `backup in group ${String(group)}`
          : undefined,
      what: `${type} ${group === 0 ? 'superblock' : `backup superblock of group ${String(group)}`}, ${size(blocks * blockSize)}, uuid ${uuid(block, 0x68)}${label === '' ? '' : `, label ${label}`}`,
      detail: {
        uuid: uuid(block, 0x68),
        label,
        block_size: String(blockSize),
        blocks: String(blocks),
        group: String(group),
        last_mounted: name(block, 0x88, 64),
      },
    };
  },
};

export const signatures: readonly Decoder[] = [extSuperblock];
