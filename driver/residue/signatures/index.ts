import { gptEntries, gptHeader } from '../partitions/gpt.js';
import {
  bitLocker,
  exfatBootSector,
  fatBootSector,
  ntfsBootSector,
} from './boot-sector-filesystems.js';
import { btrfsSuperblock, xfsSuperblock } from './btrfs-xfs.js';
import { integrity, luksHeader, verity } from './encryption.js';
import { extSuperblock } from './ext.js';
import { ddfHeader, imsmAnchor } from './firmware-raid.js';
import { erofs, iso9660, squashfs } from './image-filesystems.js';
import { lvmLabel, lvmMetadataArea } from './lvm.js';
import { mdSuperblock } from './md.js';
import { mdBitmap, mdPartialParityLog } from './md-logs.js';
import { mdOldSuperblock, mdOldSuperblockBigEndian } from './md-old.js';
import { f2fs, jfs, reiserfs } from './other-filesystems.js';
import type { Decoder } from './signature.js';
import { bcache, bcachefs, bluestore, drbd, stratis, vdo } from './storage-layers.js';
import { swapHeader } from './swap.js';
import { zfsLabel, zfsUberblock } from './zfs.js';

/** Every format that is recognised by a magic in a sector, wherever on the disk it lies. */
export const decoders: readonly Decoder[] = [
  mdSuperblock,
  mdOldSuperblock,
  mdOldSuperblockBigEndian,
  mdBitmap,
  mdPartialParityLog,
  ddfHeader,
  imsmAnchor,
  lvmLabel,
  lvmMetadataArea,
  gptHeader,
  gptEntries,
  extSuperblock,
  btrfsSuperblock,
  xfsSuperblock,
  zfsLabel,
  zfsUberblock,
  fatBootSector,
  ntfsBootSector,
  exfatBootSector,
  bitLocker,
  squashfs,
  erofs,
  iso9660,
  f2fs,
  jfs,
  reiserfs,
  luksHeader,
  verity,
  integrity,
  swapHeader,
  bcache,
  bcachefs,
  bluestore,
  drbd,
  stratis,
  vdo,
];
