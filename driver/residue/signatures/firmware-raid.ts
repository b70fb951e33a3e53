import { crc32, crc32Raw } from '../checksum.js';
import { hex, name, text, u64be, verdict, type Decoder, type Region } from './signature.js';

const sector = 512;
const lastSector = (region: Region): number =>
  region.start + Math.floor(region.length / sector) * sector - sector;

/**
 * SNIA DDF header: the anchor in the last sector points at a primary and a secondary one.
 * Source: "Common RAID Disk Data Format", revision 2.0, section 4.3 (Header_Type at 112).
 */
export const ddfHeader: Decoder = {
  magics: [hex('de11de11')],
  window: { before: 0, length: sector },
  decode(block, offset) {
    const roles = ['anchor', 'primary', 'secondary'];
    const role = roles[block[112] ?? 255];
    if (role === undefined) return undefined;
    const blank = Buffer.from(block);
    blank.fill(0xff, 4, 8);
    // mdadm starts from zero and does not invert, others keep to IEEE 802.3.
    const stored = block.readUInt32BE(4);
    const checksum = verdict([crc32(blank), crc32Raw(blank, 0)].includes(stored));
    const guid = block
      .subarray(8, 32)
      .toString('latin1')
      .replace(/[^ -~]/g, '.');
    const revision = name(block, 32, 8);
    return {
      kind: 'raid-other',
      type: 'ddf_raid_member',
      offset,
      length: sector,
      placeIn: (region) =>
        role === 'anchor' && lastSector(region) === offset ? 'last sector' : undefined,
      what: `DDF ${role} header, revision ${revision}, ${guid}, checksum ${checksum}`,
      detail: {
        role,
        revision,
        guid,
        primary_lba: String(u64be(block, 96)),
        secondary_lba: String(u64be(block, 104)),
        checksum,
      },
    };
  },
};

/**
 * Anchor of Intel Matrix RAID, in the last but one sector.
 * Source: struct imsm_super in mdadm's super-intel.c.
 */
export const imsmAnchor: Decoder = {
  magics: [text('Intel Raid ISM Cfg Sig. ')],
  window: { before: 0, length: sector },
  decode(block, offset) {
    const version = name(block, 24, 8);
    const family = block.readUInt32LE(40).toString(16).padStart(8, '0');
    return {
      kind: 'raid-other',
      type: 'isw_raid_member',
      offset,
      length: sector,
      placeIn: (region) =>
        lastSector(region) - sector === offset ? 'last but one sector' : undefined,
      what: `IMSM (Intel Matrix RAID) anchor, version ${version}, family ${family}`,
      detail: {
        version,
        family,
        disks: String(block[56] ?? 0),
        volumes: String(block[57] ?? 0),
        bytes: String(block.readUInt32LE(36)),
      },
    };
  },
};

export const signatures: readonly Decoder[] = [ddfHeader, imsmAnchor];
