import { name, size, text, u64, u64be, uuid, type Decoder, type Region } from './signature.js';

/** Where btrfs keeps its superblock and the mirrors: BTRFS_SUPER_INFO_OFFSET, btrfs_sb_offset(). */
export const btrfsMirrors: readonly number[] = [64 * 2 ** 10, 64 * 2 ** 20, 256 * 2 ** 30];

/**
 * btrfs superblock; it says itself how far into the device it lies.
 * Source: struct btrfs_super_block in Linux include/uapi/linux/btrfs_tree.h.
 */
export const btrfsSuperblock: Decoder = {
  magics: [text('_BHRfS_M', 0x40)],
  window: { before: 0, length: 4096 },
  decode(block, offset) {
    const within = u64(block, 0x30);
    const mirror = btrfsMirrors.indexOf(within);
    if (mirror === -1) return undefined;
    const label = name(block, 0x12b, 256);
    return {
      kind: mirror === 0 ? 'filesystem' : 'filesystem-backup',
      type: 'btrfs',
      offset,
      length: 4096,
      owner: offset - within,
      what: `btrfs superblock${mirror === 0 ? '' : `, mirror ${String(mirror)}`}, ${size(u64(block, 0x70))} on ${String(u64(block, 0x88))} device(s), uuid ${uuid(block, 0x20)}${label === '' ? '' : `, label ${label}`}`,
      detail: {
        uuid: uuid(block, 0x20),
        label,
        mirror: String(mirror),
        generation: String(block.readBigUInt64LE(0x48)),
      },
    };
  },
};

/**
 * XFS superblock. Every allocation group begins with one, all alike: only the place tells the
 * primary from the copies. Source: struct xfs_dsb in Linux fs/xfs/libxfs/xfs_format.h.
 */
export const xfsSuperblock: Decoder = {
  magics: [text('XFSB')],
  window: { before: 0, length: 512 },
  decode(block, offset) {
    const blockSize = block.readUInt32BE(4);
    const groups = block.readUInt32BE(88);
    const groupBytes = block.readUInt32BE(84) * blockSize;
    if (blockSize < 512 || blockSize > 65536 || groups === 0 || groupBytes === 0) return undefined;
    const version = block.readUInt16BE(100) & 0xf;
    const label = name(block, 108, 12);
    const groupIn = (region: Region): string | undefined => {
      const group = (offset - region.start) / groupBytes;
      if (!Number.isInteger(group) || group < 0 || group >= groups) return undefined;
      return group === 0 ? 'primary' : `allocation group ${String(group)} of ${String(groups)}`;
    };
    return {
      kind: 'filesystem',
      type: 'xfs',
      offset,
      length: 512,
      placeIn: groupIn,
      what: `xfs superblock, ${size(u64be(block, 8) * blockSize)}, uuid ${uuid(block, 32)}${label === '' ? '' : `, label ${label}`}`,
      detail: {
        uuid: uuid(block, 32),
        label,
        version: String(version),
        group_bytes: String(groupBytes),
        groups: String(groups),
      },
    };
  },
};

export const signatures: readonly Decoder[] = [btrfsSuperblock, xfsSuperblock];
