import { crc32Raw } from '../checksum.js';
import { size, text, u64, verdict, type Decoder } from './signature.js';

const sector = 512;
// INITIAL_CRC in LVM2 lib/misc/crc.h.
const initialCrc = 0xf597a6cf;

/** An LVM UUID as its tools print it: 6-4-4-4-4-4-6. */
export function lvmUuid(raw: string): string {
  return raw.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7');
}

/** Offset and size pairs from `at` on, up to the pair of zeros; and where the next list begins. */
function locations(
  block: Buffer,
  at: number,
): { list: { start: number; length: number }[]; end: number } {
  const list: { start: number; length: number }[] = [];
  let place = at;
  while (place + 16 <= block.length) {
    const start = u64(block, place);
    const length = u64(block, place + 8);
    place += 16;
    if (start === 0) break;
    list.push({ start, length });
  }
  return { list, end: place };
}

/**
 * Label of a physical volume: in one of the first four sectors of the device, most often the second.
 * Source: struct label_header in LVM2 lib/label/label.c, struct pv_header in
 * lib/format_text/layout.h.
 */
export const lvmLabel: Decoder = {
  magics: [text('LABELONE')],
  window: { before: 0, length: sector },
  decode(block, offset) {
    const header = block.readUInt32LE(20);
    if (block.toString('latin1', 24, 32) !== 'LVM2 001' || header + 40 > sector) return undefined;
    const ownSector = u64(block, 8);
    const checksum = verdict(crc32Raw(block.subarray(20), initialCrc) === block.readUInt32LE(16));
    const id = lvmUuid(block.toString('latin1', header, header + 32));
    const data = locations(block, header + 40);
    const areas = locations(block, data.end);
    const deviceSize = u64(block, header + 32);
    const owner = offset - ownSector * sector;
    return {
      kind: 'lvm-label',
      type: 'LVM2_member',
      offset,
      length: sector,
      owner,
      placeIn: (region) =>
        region.start === owner && ownSector < 4 ? `sector ${String(ownSector)}` : undefined,
      what: `LVM label, PV ${id}, ${size(deviceSize)}, checksum ${checksum}`,
      detail: {
        uuid: id,
        device_size: String(deviceSize),
        data_start: data.list.map(({ start }) => String(start)).join(','),
        metadata_areas: areas.list
          .map(({ start, length }) => `${String(start)}+${String(length)}`)
          .join(','),
        checksum,
      },
    };
  },
};

/**
 * Header of a metadata area, at the offset that the label names.
 * Source: struct mda_header in LVM2 lib/format_text/layout.h (FMTT_MAGIC).
 */
export const lvmMetadataArea: Decoder = {
  magics: [text(' LVM2 x[5A%r0N*>', 4)],
  window: { before: 0, length: sector },
  decode(block, offset) {
    const start = u64(block, 24);
    const length = u64(block, 32);
    const current = u64(block, 40);
    const checksum = verdict(crc32Raw(block.subarray(4), initialCrc) === block.readUInt32LE(0));
    return {
      kind: 'lvm-area',
      type: 'lvm_metadata_area',
      offset,
      length: sector,
      owner: offset - start,
      placeIn: (region) => (region.start === offset - start ? 'metadata area' : undefined),
      what: `LVM metadata area, ${size(length)}, ${current === 0 ? 'names no volume group' : `current text at ${String(offset + current)}`}, checksum ${checksum}`,
      detail: {
        version: String(block.readUInt32LE(20)),
        area_size: String(length),
        current_at: current === 0 ? '' : String(offset + current),
        checksum,
      },
    };
  },
};

export const signatures: readonly Decoder[] = [lvmLabel, lvmMetadataArea];
