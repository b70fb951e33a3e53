import { crc32 } from '../checksum.js';
import type { RawDisk } from '../raw-disk.js';
import { verdict, type Region, type Signature } from '../signatures/signature.js';
import {
  maxEntriesBytes,
  parseGptEntries,
  parseGptHeader,
  type GptHeader,
  type Partition,
} from './gpt.js';
import { readMbr, type RecordBudget } from './mbr.js';
import { notLookedAt, notLookedAtType } from './not-looked-at.js';

/** Partitions in an array in a partition in an array: what is nested deeper is not taken apart. */
const maxDepth = 4;

/**
 * Partitions and data areas of arrays that are taken apart, for each of which blkid is run: more
 * than a disk in use has (128 in a GPT, an array in each), and a few seconds of work.
 */
const maxRegions = 300;

/** Extended boot records that are read on one disk. */
const maxRecords = 1024;

/** The regions of a disk, and what the boot records and GPT entries add to its signatures. */
export interface RegionMap {
  /** The disk first, then in the order they were found; never two of the same place. */
  regions: Region[];
  /** Also says where a limit kept it from looking further, as a finding `not_looked_at`. */
  signatures: Signature[];
}

/**
 * Takes the disk apart into partitions (GPT by its primary or backup header, MBR with logical
 * ones) and the data areas of the arrays that `signatures` know, and those again. The work is
 * bounded by the number of regions, whatever the tables promise.
 */
export async function mapRegions(
  disk: RawDisk,
  signatures: readonly Signature[],
): Promise<RegionMap> {
  const whole: Region = { start: 0, length: disk.size, name: 'disk' };
  const tables: Tables = { found: new Map(), budget: { left: maxRecords } };
  const regions = [whole];
  const known = new Set([stretch(whole)]);
  let level = fits(whole, disk.size) ? [whole] : [];
  for (let depth = 1; level.length > 0; depth += 1) {
    const next: Region[] = [];
    for (const region of level) {
      const inside = [
        ...(await partitionsOf(disk, region, tables)),
        ...openedIn(region, signatures),
      ];
      for (const part of inside) {
        if (!fits(part, disk.size) || known.has(stretch(part))) continue;
        if (depth === maxDepth) note(tables, notLookedAt(part.start, tooDeep));
        else if (known.size === maxRegions) note(tables, notLookedAt(part.start, tooMany));
        else {
          known.add(stretch(part));
          next.push(part);
        }
      }
    }
    regions.push(...next);
    level = next;
  }
  return { regions, signatures: [...tables.found.values()] };
}

const tooDeep = `partitions and arrays nested more than ${String(maxDepth)} deep`;
const tooMany = `more than ${String(maxRegions)} partitions and arrays`;

/** What the tables of a disk have said so far, by what makes it one and the same. */
interface Tables {
  found: Map<string, Signature>;
  budget: RecordBudget;
}

function note({ found }: Tables, signature: Signature): void {
  const { type, offset, owner, what } = signature;
  // One limit is told once, GPT entries once a header, and a sector's record is the same for
  // whoever meets it.
  const key =
    type === notLookedAtType
      ? what
      : `${type === 'gpt_entries' ? `entries of ${String(owner)}` : 'record'} at ${String(offset)}`;
  if (!found.has(key)) found.set(key, signature);
}

const stretch = ({ start, length }: Region): string => `${String(start)}+${String(length)}`;
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

async function partitionsOf(disk: RawDisk, region: Region, tables: Tables): Promise<Region[]> {
  const mbr = await readMbr(disk, region, tables.budget);
  for (const signature of mbr.signatures) note(tables, signature);
  const partitions = [...mbr.partitions];
  for (const { header, role } of await gptHeaders(disk, region)) {
    const at = region.start + header.entriesAt;
    const { entryCount, entrySize } = header;
    if (entryCount * entrySize > maxEntriesBytes) {
      const size = `${String(entryCount)} entries of ${String(entrySize)} bytes`;
      note(tables, notLookedAt(at, `a GPT of ${size}, beyond ${String(maxEntriesBytes)} bytes`));
      continue;
    }
    const table = await disk.read(at, entryCount * entrySize);
    const entries = parseGptEntries(table, header);
    if (entries.length > 0) {
      note(tables, entriesFinding(region, at, table, header, entries, role));
    }
    partitions.push(
      ...entries.map(({ start, length, name }) => ({ start: region.start + start, length, name })),
    );
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
