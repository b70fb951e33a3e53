import { crc32 } from '../checksum.js';
import type { RawDisk } from '../raw-disk.js';
import { verdict, type Region, type Signature } from '../signatures/signature.js';
import { parseGptEntries, parseGptHeader, type GptHeader, type Partition } from './gpt.js';
import { readMbr } from './mbr.js';

// Partitions in an array in a partition in an array: deeper nesting is no longer a disk.
const maxDepth = 4;

/** The regions of a disk, and what the boot records and GPT entries add to its signatures. */
export interface RegionMap {
  /** The disk first, then in the order they were found; never two of the same place. */
  regions: Region[];
  signatures: Signature[];
}

/**
 * Takes the disk apart into partitions (GPT by its primary or backup header, MBR with logical
 * ones) and the data areas of the arrays that `signatures` know, and those again.
 */
export async function mapRegions(
  disk: RawDisk,
  signatures: readonly Signature[],
): Promise<RegionMap> {
  const map: RegionMap = { regions: [], signatures: [] };
  let level: Region[] = [{ start: 0, length: disk.size, name: 'disk' }];
  for (let depth = 0; depth < maxDepth && level.length > 0; depth += 1) {
    const next: Region[] = [];
    for (const region of level) {
      if (!fits(region, disk.size) || map.regions.some((known) => same(known, region))) continue;
      map.regions.push(region);
      next.push(...(await partitionsOf(disk, region, map.signatures)));
      next.push(...openedIn(region, signatures));
    }
    level = next;
  }
  return map;
}

const same = (a: Region, b: Region): boolean => a.start === b.start && a.length === b.length;
const fits = ({ start, length }: Region, size: number): boolean =>
  start >= 0 && length >= 512 && start < size;

/** Arrays whose superblock is in one of the places where `region`, as a member, would have it. */
const openedIn = (region: Region, signatures: readonly Signature[]): Region[] =>
  signatures.flatMap(({ opens, placeIn }) =>
    opens !== undefined && placeIn?.(region) !== undefined
      ? [
          {
            ...opens,
            name: region.name === 'disk' ? opens.name : `${opens.name} on ${region.name}`,
          },
        ]
      : [],
  );

async function partitionsOf(disk: RawDisk, region: Region, found: Signature[]): Promise<Region[]> {
  const mbr = await readMbr(disk, region);
  found.push(
    ...mbr.signatures.filter(
      ({ offset }) =>
        !found.some((known) => known.offset === offset && known.type !== 'gpt_entries'),
    ),
  );
  const partitions = [...mbr.partitions];
  for (const { header, role } of await gptHeaders(disk, region)) {
    const at = region.start + header.entriesAt;
    const table = await disk.read(at, header.entryCount * header.entrySize);
    const entries = parseGptEntries(table, header);
    if (entries.length > 0) found.push(entriesFinding(region, at, table, header, entries, role));
    for (const { start, length, name } of entries) {
      const partition = { start: region.start + start, length, name };
      if (!partitions.some((known) => same(known, partition))) partitions.push(partition);
    }
  }
  return partitions.map(({ start, length, name }) => ({
    start,
    length,
    name: region.name === 'disk' ? name : `${name} of ${region.name}`,
  }));
}

/** The headers where firmware looks for them: second block, last block; for both block sizes. */
async function gptHeaders(
  disk: RawDisk,
  region: Region,
): Promise<{ header: GptHeader; role: string }[]> {
  const headers: { header: GptHeader; role: string }[] = [];
  for (const blockSize of [512, 4096]) {
    const last = Math.floor(region.length / blockSize) - 1;
    for (const block of [1, last]) {
      if (block < 1) continue;
      const bytes = await disk.read(region.start + block * blockSize, 512);
      const header = parseGptHeader(bytes, blockSize);
      if (header !== undefined) headers.push({ header, role: block === 1 ? 'primary' : 'backup' });
    }
  }
  return headers;
}

function entriesFinding(
  region: Region,
  offset: number,
  table: Buffer,
  header: GptHeader,
  entries: readonly Partition[],
  role: string,
): Signature {
  const checksum = verdict(crc32(table) === header.entriesCrc);
  return {
    kind: 'partition-table',
    type: 'gpt_entries',
    offset,
    length: table.length,
    owner: region.start,
    placeIn: ({ start }) => (start === region.start ? role : undefined),
    what: `GPT entries, ${String(entries.length)} used, checksum ${checksum}`,
    detail: {
      partitions: entries
        .map(({ number, start, length }) => `${String(number)}:${String(start)}+${String(length)}`)
        .join(','),
      checksum,
    },
  };
}
