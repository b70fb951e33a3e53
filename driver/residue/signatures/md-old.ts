import { dataDevices, levelName } from './md.js';
import { mdPlaceIn } from './md-places.js';
import { hex, size, verdict, type Decoder, type Signature } from './signature.js';

// Layout: struct mdp_superblock_s in Linux include/uapi/linux/raid/md_p.h: 1024 words of 32 bits
// in the byte order of the machine that made the array.
const bytes = 4096;
const checksumWord = 38;
const thisDiskWord = 992;

function decodeWith(block: Buffer, offset: number, order: 'little' | 'big'): Signature | undefined {
  const word = (index: number): number =>
    order === 'little' ? block.readUInt32LE(index * 4) : block.readUInt32BE(index * 4);
  const signed = (index: number): number => word(index) | 0;
  if (word(1) !== 0 || word(2) < 90 || word(2) > 91) return undefined;
  let sum = 0;
  for (let index = 0; index < bytes / 4; index += 1) {
    if (index !== checksumWord) sum += word(index);
  }
  // calc_sb_csum: the carries are folded in once.
  const folded = (sum % 2 ** 32) + Math.floor(sum / 2 ** 32);
  const checksum = verdict(folded % 2 ** 32 === word(checksumWord));
  const uuid = [5, 13, 14, 15].map((index) => word(index).toString(16).padStart(8, '0')).join(':');
  const level = signed(7);
  const perDevice = word(8) * 1024;
  const version = `0.${String(word(2))}`;
  return {
    kind: 'md-superblock',
    type: 'linux_raid_member',
    offset,
    length: bytes,
    placeIn: mdPlaceIn('0.90', offset),
    what: `md superblock ${version}, ${levelName(level)} of ${String(word(10))}, array md${String(word(11))}, uuid ${uuid}, checksum ${checksum}`,
    detail: {
      version,
      byte_order: `${order}-endian`,
      level: levelName(level),
      raid_devices: String(word(10)),
      name: `md${String(word(11))}`,
      uuid,
      device_number: String(word(thisDiskWord)),
      size_per_device: size(perDevice),
      array_size: size(perDevice * dataDevices(level, word(10), word(64))),
      checksum,
    },
  };
}

/** md superblock of version 0.90, written on a little-endian machine. */
export const mdOldSuperblock: Decoder = {
  magics: [hex('fc4e2ba9')],
  window: { before: 0, length: bytes },
  decode: (block, offset) => decodeWith(block, offset, 'little'),
};

/** The same, written on a big-endian machine. */
export const mdOldSuperblockBigEndian: Decoder = {
  magics: [hex('a92b4efc')],
  window: { before: 0, length: bytes },
  decode: (block, offset) => decodeWith(block, offset, 'big'),
};

export const signatures: readonly Decoder[] = [mdOldSuperblock, mdOldSuperblockBigEndian];
