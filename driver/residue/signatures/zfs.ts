import { hex, type Decoder, type Region, type Signature } from './signature.js';

// "ZFS On-Disk Specification", chapter 1: a label is 256 KiB: 8 KiB blank, 8 KiB boot header,
// 112 KiB of name/value pairs (XDR), 128 KiB of uberblocks. Four to a device: two at the start,
// two at the end of its size rounded down to 256 KiB.
export const zfsLabelBytes = 256 * 1024;
const pairsAt = 16 * 1024;
const uberblocksAt = 128 * 1024;

/** Which of the four labels of `region` begins at `offset`. */
export function zfsLabelNumber(region: Region, offset: number): number | undefined {
  const end = Math.floor(region.length / zfsLabelBytes) * zfsLabelBytes;
  const places = [0, zfsLabelBytes, end - 2 * zfsLabelBytes, end - zfsLabelBytes];
  const index = places.indexOf(offset - region.start);
  return index === -1 ? undefined : index;
}

const labelIn =
  (offset: number) =>
  (region: Region): string | undefined => {
    const label = zfsLabelNumber(region, offset);
    return label === undefined ? undefined : `label ${String(label)}`;
  };

/** A string value in a packed list of pairs: its name, then type, count, length, text; all padded to 4. */
function pair(list: Buffer, key: string): string | undefined {
  const at = list.indexOf(`${key}\0`, 0, 'latin1');
  if (at === -1) return undefined;
  const length = at + Math.ceil(key.length / 4) * 4 + 8;
  if (length + 4 > list.length) return undefined;
  const bytes = list.readUInt32BE(length);
  if (bytes > 256) return undefined;
  return list.toString('latin1', length + 4, length + 4 + bytes).replace(/[^ -~]/g, '?');
}

/** The name/value pairs of a label: encoding XDR, big-endian stream, version 0, flag "unique names". */
export const zfsLabel: Decoder = {
  magics: [
    { bytes: Buffer.from('010100000000000000000001', 'hex'), at: 0 },
    { bytes: Buffer.from('010000000000000000000001', 'hex'), at: 0 },
  ],
  window: { before: 0, length: 4096 },
  decode(list, sector): Signature | undefined {
    if (!list.includes('pool_guid') && !list.includes('txg')) return undefined;
    const pool = pair(list, 'name') ?? '';
    const offset = sector - pairsAt;
    return {
      kind: 'filesystem',
      type: 'zfs_member',
      offset,
      length: zfsLabelBytes,
      placeIn: labelIn(offset),
      what: `zfs label${pool === '' ? '' : `, pool ${pool}`}`,
      detail: { pool, part: 'label' },
    };
  },
};

/** One uberblock: magic 0x00bab10c in the byte order of the machine that wrote it. */
export const zfsUberblock: Decoder = {
  magics: [hex('0cb1ba0000000000'), { bytes: Buffer.from('0000000000bab10c', 'hex'), at: 0 }],
  window: { before: 0, length: 512 },
  decode(block, offset): Signature | undefined {
    const little = block[0] === 0x0c;
    const version = little ? block.readBigUInt64LE(8) : block.readBigUInt64BE(8);
    const txg = little ? block.readBigUInt64LE(16) : block.readBigUInt64BE(16);
    // Versions are 1 to 28, and 5000 with feature flags.
    if (version === 0n || version > 5000n) return undefined;
    return {
      kind: 'filesystem-backup',
      type: 'zfs_member',
      offset,
      length: 1024,
      what: `zfs uberblock, transaction ${String(txg)}`,
      detail: { part: 'uberblock', version: String(version), txg: String(txg) },
    };
  },
};

/**
 * Joins the uberblocks to their labels; those whose label is gone become one finding for each
 * ring of 128 KiB. `all` is sorted by offset, and so is the result.
 */
export function gatherZfs(all: readonly Signature[]): Signature[] {
  const labels = all.filter(({ detail }) => detail['part'] === 'label');
  const rings: { first: Signature; count: number }[] = [];
  const counts = new Map<Signature, number>();
  for (const block of all.filter(({ detail }) => detail['part'] === 'uberblock')) {
    const label = labels.find(({ offset }) => {
      const within = block.offset - offset;
      return within >= uberblocksAt && within < zfsLabelBytes;
    });
    const ring = rings.at(-1);
    if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
    else if (ring !== undefined && block.offset - ring.first.offset < zfsLabelBytes - uberblocksAt)
      ring.count += 1;
    else rings.push({ first: block, count: 1 });
  }
  const withCounts = labels.map((label) => ({
    ...label,
    detail: { ...label.detail, uberblocks: String(counts.get(label) ?? 0) },
  }));
  const strays = rings.map(({ first, count }) => ({
    ...first,
    length: zfsLabelBytes - uberblocksAt,
    what: `zfs uberblocks without their label: ${String(count)}, the first of transaction ${first.detail['txg'] ?? '?'}`,
    detail: { ...first.detail, uberblocks: String(count) },
  }));
  const others = all.filter(({ type }) => type !== 'zfs_member');
  return [...others, ...withCounts, ...strays].sort((a, b) => a.offset - b.offset);
}

export const signatures: readonly Decoder[] = [zfsLabel, zfsUberblock];
