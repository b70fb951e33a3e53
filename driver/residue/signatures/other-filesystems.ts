import { hex, name, text, uuid, type Decoder, type Region } from './signature.js';

const labelled = (label: string): string => (label === '' ? '' : `, label ${label}`);

/** f2fs: two superblocks, 1 KiB into the first two blocks of 4 KiB. Source: Linux include/linux/f2fs_fs.h. */
export const f2fs: Decoder = {
  magics: [hex('1020f5f2')],
  window: { before: 0, length: 1024 },
  decode(block, offset) {
    if (block.readUInt32LE(16) !== 12) return undefined;
    const placeIn = ({ start }: Region): string | undefined =>
      offset - start === 1024 ? 'primary' : offset - start === 5120 ? 'second copy' : undefined;
    return {
      kind: 'filesystem',
      type: 'f2fs',
      offset,
      length: 1024,
      placeIn,
      what: `f2fs superblock, uuid ${uuid(block, 108)}`,
      detail: { uuid: uuid(block, 108) },
    };
  },
};

/** JFS: superblocks at 32 KiB and 60 KiB. Source: Linux fs/jfs/jfs_superblock.h, jfs_filsys.h. */
export const jfs: Decoder = {
  magics: [text('JFS1')],
  window: { before: 0, length: 512 },
  decode(block, offset) {
    if (block.readUInt32LE(4) > 2) return undefined;
    const placeIn = ({ start }: Region): string | undefined =>
      offset - start === 0x8000 ? 'primary' : offset - start === 0xf000 ? 'second copy' : undefined;
    return {
      kind: 'filesystem',
      type: 'jfs',
      offset,
      length: 512,
      placeIn,
      what: `jfs superblock, uuid ${uuid(block, 136)}${labelled(name(block, 152, 16))}`,
      detail: { uuid: uuid(block, 136), label: name(block, 152, 16) },
    };
  },
};

/** reiserfs: at 64 KiB, in old versions at 8 KiB. Source: struct reiserfs_super_block, Linux fs/reiserfs/reiserfs.h. */
export const reiserfs: Decoder = {
  magics: [text('ReIsErFs', 52), text('ReIsEr2Fs', 52), text('ReIsEr3Fs', 52)],
  window: { before: 0, length: 512 },
  decode(block, offset) {
    const blockSize = block.readUInt16LE(44);
    if (blockSize < 512 || (blockSize & (blockSize - 1)) !== 0) return undefined;
    const placeIn = ({ start }: Region): string | undefined =>
      offset - start === 65536 || offset - start === 8192 ? 'primary' : undefined;
    return {
      kind: 'filesystem',
      type: 'reiserfs',
      offset,
      length: 512,
      placeIn,
      what: `reiserfs superblock, uuid ${uuid(block, 84)}${labelled(name(block, 100, 16))}`,
      detail: { uuid: uuid(block, 84), label: name(block, 100, 16) },
    };
  },
};

export const signatures: readonly Decoder[] = [f2fs, jfs, reiserfs];
