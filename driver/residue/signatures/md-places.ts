import type { Region } from './signature.js';

/** Versions of the md superblock; they differ in where it lies. */
export type MdVersion = '0.90' | '1.0' | '1.1' | '1.2';

const kib = 1024;

/**
 * Where the superblock of each version lies on a member of `length` bytes, counted from its start.
 *
 * Source: Linux include/uapi/linux/raid/md_p.h (MD_NEW_SIZE_SECTORS: size rounded down to
 * 64 KiB, minus 64 KiB) and super_1_load in drivers/md/md.c (1.0: size minus 16 sectors,
 * rounded down to 8; 1.1: 0; 1.2: 8 sectors).
 */
export function mdPlace(version: MdVersion, length: number): number {
  switch (version) {
    case '0.90':
      return Math.floor(length / (64 * kib)) * 64 * kib - 64 * kib;
    case '1.0': {
      const sectors = Math.floor(length / 512) - 16;
      return (sectors - (sectors % 8)) * 512;
    }
    case '1.1':
      return 0;
    case '1.2':
      return 4 * kib;
  }
}

/** `placeIn` of a superblock of `version` at `offset` of the disk. */
export const mdPlaceIn =
  (version: MdVersion, offset: number) =>
  (region: Region): string | undefined =>
    region.start + mdPlace(version, region.length) === offset ? `place of ${version}` : undefined;
