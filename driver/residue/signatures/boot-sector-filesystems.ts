import { name, size, text, u64, type Decoder, type Region } from './signature.js';

const window = { before: 0, length: 512 };
const isBootSector = (block: Buffer): boolean => block.readUInt16LE(510) === 0xaa55;
const powerOfTwo = (value: number): boolean => value > 0 && (value & (value - 1)) === 0;
const validSector = (bytes: number): boolean => powerOfTwo(bytes) && bytes >= 256 && bytes <= 4096;

const primaryOr =
  (offset: number, backupAt: number | undefined, word: string) =>
  (region: Region): string | undefined => {
    if (region.start === offset) return 'primary';
    return backupAt !== undefined && region.start + backupAt === offset ? word : undefined;
  };

/**
 * FAT12, FAT16 or FAT32 boot sector; FAT32 keeps a copy, most often six sectors on.
 * Source: Microsoft "FAT32 File System Specification", boot sector and BPB.
 */
export const fatBootSector: Decoder = {
  magics: [text('FAT12   ', 54), text('FAT16   ', 54), text('FAT     ', 54), text('FAT32   ', 82)],
  window,
  decode(block, offset) {
    const bytes = block.readUInt16LE(11);
    const fats = block[16] ?? 0;
    if (!isBootSector(block) || !validSector(bytes) || !powerOfTwo(block[13] ?? 0))
      return undefined;
    if (fats === 0 || fats > 4 || block.readUInt16LE(14) === 0) return undefined;
    const wide = block.toString('latin1', 82, 87) === 'FAT32';
    const sectors = block.readUInt16LE(19) || block.readUInt32LE(32);
    const version = (wide ? name(block, 82, 8) : name(block, 54, 8)).trimEnd();
    const label = name(block, wide ? 71 : 43, 11);
    return {
      kind: 'filesystem',
      type: 'vfat',
      offset,
      length: 512,
      placeIn: primaryOr(
        offset,
        wide ? block.readUInt16LE(50) * bytes : undefined,
        'backup boot sector',
      ),
      what: `${version} boot sector, ${size(sectors * bytes)}${label === '' ? '' : `, label ${label}`}`,
      detail: { version, label, serial: block.readUInt32LE(wide ? 67 : 39).toString(16) },
    };
  },
};

/** NTFS boot sector; the copy is the sector after the volume, the last of its partition. */
export const ntfsBootSector: Decoder = {
  magics: [text('NTFS    ', 3)],
  window,
  decode(block, offset) {
    const bytes = block.readUInt16LE(11);
    const sectors = u64(block, 40);
    if (!isBootSector(block) || !validSector(bytes) || !Number.isFinite(sectors)) return undefined;
    return {
      kind: 'filesystem',
      type: 'ntfs',
      offset,
      length: 512,
      placeIn: primaryOr(offset, sectors * bytes, 'backup boot sector'),
      what: `ntfs boot sector, ${size(sectors * bytes)}`,
      detail: { serial: block.readBigUInt64LE(72).toString(16) },
    };
  },
};

/** exFAT boot sector; the copy of the boot region lies twelve sectors on. */
export const exfatBootSector: Decoder = {
  magics: [text('EXFAT   ', 3)],
  window,
  decode(block, offset) {
    const shift = block[108] ?? 0;
    if (!isBootSector(block) || shift < 9 || shift > 12) return undefined;
    return {
      kind: 'filesystem',
      type: 'exfat',
      offset,
      length: 512,
      placeIn: primaryOr(offset, 12 * 2 ** shift, 'backup boot sector'),
      what: `exfat boot sector, ${size(u64(block, 72) * 2 ** shift)}`,
      detail: { serial: block.readUInt32LE(100).toString(16) },
    };
  },
};

/** BitLocker volume header. */
export const bitLocker: Decoder = {
  magics: [text('-FVE-FS-', 3)],
  window,
  decode: (block, offset) =>
    isBootSector(block)
      ? {
          kind: 'crypto',
          type: 'BitLocker',
          offset,
          length: 512,
          owner: offset,
          what: 'BitLocker volume header',
          detail: {},
        }
      : undefined,
};

export const signatures: readonly Decoder[] = [
  fatBootSector,
  ntfsBootSector,
  exfatBootSector,
  bitLocker,
];
