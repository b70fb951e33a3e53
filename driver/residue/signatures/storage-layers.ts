import { hex, name, size, text, u64, uuid, type Decoder } from './signature.js';

/** bcache: 4 KiB into the device. Source: struct cache_sb_disk in Linux drivers/md/bcache/bcache_ondisk.h. */
export const bcache: Decoder = {
  magics: [hex('c68573f64e1a45ca8265f57f48ba6d81', 24)],
  window: { before: 0, length: 512 },
  decode(block, offset) {
    const version = u64(block, 16);
    if (version > 6) return undefined;
    return {
      kind: 'storage-other',
      type: 'bcache',
      offset,
      length: 512,
      owner: offset - u64(block, 8) * 512,
      what: `bcache ${version === 1 || version === 4 || version === 6 ? 'backing' : 'cache'} superblock, uuid ${uuid(block, 40)}`,
      detail: { version: String(version), uuid: uuid(block, 40), label: name(block, 72, 32) },
    };
  },
};

/** bcachefs: 4 KiB in, and copies the layout sector names. Source: Linux fs/bcachefs/bcachefs_format.h. */
export const bcachefs: Decoder = {
  magics: [hex('c68573f666ce90a9d96a60cf803df7ef', 24)],
  window: { before: 0, length: 512 },
  decode(block, offset) {
    const within = u64(block, 104) * 512;
    return {
      kind: within === 4096 ? 'filesystem' : 'filesystem-backup',
      type: 'bcachefs',
      offset,
      length: 512,
      owner: offset - within,
      what: `bcachefs superblock, uuid ${uuid(block, 56)}`,
      detail: { uuid: uuid(block, 56), label: name(block, 72, 32) },
    };
  },
};

/** DRBD: internal metadata in the last 4 KiB. Source: struct md_on_disk_0X in drbd-utils user/shared/drbdmeta.c. */
export const drbd: Decoder = {
  magics: [hex('8374026b', 60), hex('8374026c', 60), hex('8374026d', 60)],
  window: { before: 0, length: 512 },
  decode(block, offset) {
    const effective = block.readBigUInt64BE(0);
    if (effective > 2n ** 50n) return undefined;
    const unclean = block.readUInt32BE(60) === 0x8374026c;
    return {
      kind: 'storage-other',
      type: 'drbd',
      offset,
      length: 4096,
      placeIn: (region) =>
        region.start + Math.floor(region.length / 4096) * 4096 - 4096 === offset
          ? 'last 4 KiB'
          : undefined,
      what: `drbd metadata${unclean ? ', activity log not clean' : ''}, ${size(Number(effective) * 512)}`,
      detail: { device_uuid: block.readBigUInt64BE(48).toString(16) },
    };
  },
};

/** Ceph BlueStore: text at the start of the device. Source: Ceph src/os/bluestore/BlueStore.cc (label). */
export const bluestore: Decoder = {
  magics: [text('bluestore block device\n')],
  window: { before: 0, length: 512 },
  decode: (block, offset) => ({
    kind: 'storage-other',
    type: 'ceph_bluestore',
    offset,
    length: 4096,
    owner: offset,
    what: `ceph bluestore label, ${name(block, 23, 36)}`,
    detail: { uuid: name(block, 23, 36) },
  }),
};

/** VDO geometry block. Source: struct vdo_geometry_block in Linux drivers/md/dm-vdo/encodings.c. */
export const vdo: Decoder = {
  magics: [text('dmvdo001')],
  window: { before: 0, length: 512 },
  decode: (block, offset) => ({
    kind: 'storage-other',
    type: 'vdo',
    offset,
    length: 4096,
    owner: offset,
    what: `vdo geometry block, nonce ${block.readBigUInt64LE(28).toString(16)}`,
    detail: {},
  }),
};

/** Stratis: in sectors 1 and 9. Source: stratisd src/engine/strat_engine/metadata/static_header.rs. */
export const stratis: Decoder = {
  magics: [text('!Stra0tis\x86\xff\x02^\x41rh', 4)],
  window: { before: 0, length: 512 },
  decode: (block, offset) => ({
    kind: 'storage-other',
    type: 'stratis',
    offset,
    length: 512,
    placeIn: ({ start }) =>
      offset - start === 512 ? 'primary' : offset - start === 4608 ? 'second copy' : undefined,
    what: `stratis header, pool ${name(block, 32, 32)}`,
    detail: { pool: name(block, 32, 32), device: name(block, 64, 32) },
  }),
};

export const signatures: readonly Decoder[] = [bcache, bcachefs, bluestore, drbd, stratis, vdo];
