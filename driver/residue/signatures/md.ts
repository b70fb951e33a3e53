import { mdPlaceIn, type MdVersion } from './md-places.js';
import { hex, name, size, u64, verdict, type Decoder, type Signature } from './signature.js';

// Layout: struct mdp_superblock_1 in Linux include/uapi/linux/raid/md_p.h; all little-endian.
const sector = 512;
const maxDevices = 1920;

/** Names of the personalities by their number in the superblock. */
export function levelName(level: number): string {
  const special: Record<number, string> = { [-1]: 'linear', [-4]: 'multipath', [-5]: 'faulty' };
  return (
    special[level] ??
    (level >= 0 && level <= 10 ? `raid${String(level)}` : `level ${String(level)}`)
  );
}

/** 16 bytes as mdadm prints them: four groups of eight digits. */
export const mdUuid = (bytes: Buffer, at: number): string =>
  bytes.toString('hex', at, at + 16).replace(/(.{8})(?=.)/g, '$1:');

/** calc_sb_1_csum: the sum of all words, the carries folded in once. */
function checksumHolds(block: Buffer, devices: number): boolean {
  const length = 256 + devices * 2;
  let sum = 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) sum += at === 216 ? 0 : block.readUInt32LE(at);
  if (at + 2 <= length) sum += block.readUInt16LE(at);
  return ((sum % 2 ** 32) + Math.floor(sum / 2 ** 32)) % 2 ** 32 === block.readUInt32LE(216);
}

const featureNames: readonly (readonly [number, string])[] = [
  [1, 'bitmap'],
  [2, 'recovery'],
  [4, 'reshape'],
  [8, 'bad-blocks'],
  [512, 'journal'],
  [1024, 'ppl'],
  [2048, 'multiple-ppls'],
];

/** md superblock of version 1.x; which of the three, its own `super_offset` tells. */
export const mdSuperblock: Decoder = {
  magics: [hex('fc4e2ba9')],
  window: { before: 0, length: 4096 },
  decode(block, offset): Signature | undefined {
    const devices = block.readUInt32LE(220);
    if (block.readUInt32LE(4) !== 1 || devices > maxDevices) return undefined;
    const superOffset = u64(block, 144) * sector;
    const version: MdVersion = superOffset === 0 ? '1.1' : superOffset === 4096 ? '1.2' : '1.0';
    const level = block.readInt32LE(72);
    const raidDevices = block.readUInt32LE(92);
    const owner = offset - superOffset;
    const dataOffset = u64(block, 128) * sector;
    const perDevice = u64(block, 80) * sector;
    const array = name(block, 32, 32);
    const features = block.readUInt32LE(8);
    const checksum = verdict(checksumHolds(block, devices));
    return {
      kind: 'md-superblock',
      type: 'linux_raid_member',
      offset,
      length: 256 + devices * 2,
      owner,
      placeIn: mdPlaceIn(version, offset),
      what: `md superblock ${version}, ${levelName(level)} of ${String(raidDevices)}, array ${array === '' ? '(no name)' : array}, uuid ${mdUuid(block, 16)}, checksum ${checksum}`,
      detail: {
        version,
        level: levelName(level),
        raid_devices: String(raidDevices),
        name: array,
        uuid: mdUuid(block, 16),
        device_uuid: mdUuid(block, 168),
        device_number: String(block.readUInt32LE(160)),
        events: String(block.readBigUInt64LE(200)),
        size_per_device: size(perDevice),
        array_size: size(perDevice * dataDevices(level, raidDevices, block.readUInt32LE(76))),
        data_offset: String(dataOffset),
        features: featureNames.flatMap(([bit, word]) => (features & bit ? [word] : [])).join(','),
        bitmap_at: features & 1 ? String(offset + block.readInt32LE(96) * sector) : undefined,
        ppl_at:
          features & (1024 | 2048) ? String(offset + block.readInt16LE(96) * sector) : undefined,
        checksum,
      },
      opens:
        Number.isFinite(owner + dataOffset + perDevice) && perDevice > 0
          ? {
              start: owner + dataOffset,
              length: perDevice,
              name: `data of array ${array === '' ? mdUuid(block, 16) : array}`,
            }
          : undefined,
    };
  },
};

/** How many members' worth of data an array holds. */
export function dataDevices(level: number, devices: number, layout: number): number {
  if (level === 1 || level === -4) return 1;
  if (level === 4 || level === 5) return Math.max(devices - 1, 0);
  if (level === 6) return Math.max(devices - 2, 0);
  // raid10: the layout's lowest two bytes are the near and far copies.
  if (level === 10) return devices / Math.max((layout & 0xff) * ((layout >> 8) & 0xff), 1);
  return devices;
}

export const signatures: readonly Decoder[] = [mdSuperblock];
