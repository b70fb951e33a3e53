import { dataExtents } from './extents.js';
import type {
  Extent,
  Finding,
  FindingCount,
  InspectOptions,
  Inspection,
  ResidueTools,
} from './finding.js';
import { blkidSignatures, wipefsSignatures } from './libblkid.js';
import { mapRegions } from './partitions/regions.js';
import { mergeSeen, placeSignature } from './place.js';
import { RawDisk } from './raw-disk.js';
import { Collector } from './scan/collector.js';
import { ContentMap } from './scan/content.js';
import { scanDisk } from './scan/scan.js';
import { searches } from './search.js';
import { markCurrentText } from './signatures/lvm-text.js';
import type { Region, Signature } from './signatures/signature.js';
import { gatherZfs } from './signatures/zfs.js';

const defaultTools: ResidueTools = { qemuImg: 'qemu-img', wipefs: 'wipefs', blkid: 'blkid' };
const defaultMatches = 1000;
const listedStretches = 16;
// Uberblocks are joined to their labels only after the scan; four labels have 128 each.
const leastKept = 1024;

/**
 * Finds everything that lies on a raw disk image: known formats at any sector (and what
 * libblkid knows beside them), in partitions and in the data of arrays too, and byte strings
 * at any offset. Reads only, and only what the file really holds. The image must not change
 * meanwhile: give it the disk of a guest that is off, or a copy.
 *
 * @throws TapbootError `infra` when the image cannot be read or a host program is missing;
 *   `scenario` for a search string that cannot be searched for
 */
export async function inspectDisk(path: string, options: InspectOptions = {}): Promise<Inspection> {
  const { signal } = options;
  const tools = { ...defaultTools, ...options.tools };
  const limit = options.maxMatches ?? defaultMatches;
  const wanted = searches(options.search ?? []);
  await using disk = await RawDisk.open(path);
  const extents = await dataExtents(path, disk.size, tools.qemuImg, signal);
  const content = new ContentMap(options.expectBlank === true ? limit : listedStretches);
  const signatures = new Collector<Signature>(Math.max(limit, leastKept));
  const matches = new Collector<number>(limit);
  await scanDisk(disk, extents, wanted, { content, signatures, matches }, signal);
  const known = await knownFormats(disk, signatures, tools, signal);
  const listed = listSignatures(known, signatures, limit);
  const bytes = wanted.map(({ name, bytes: pattern }) =>
    listMatches(name, pattern.length, matches),
  );
  const blank = options.expectBlank === true ? [listContent(content)] : [];
  const lists = [...listed, ...bytes, ...blank];
  return {
    path,
    sizeBytes: disk.size,
    findings: lists.flatMap(({ findings }) => findings).sort((a, b) => a.offset - b.offset),
    dataBytes: extents.reduce((sum, { length }) => sum + length, 0),
    nonZero: {
      bytes: content.bytes,
      stretches: content.stretches,
      first: content.first.slice(0, listedStretches),
    },
    searched: wanted.map(({ name }) => name),
    counts: lists.map(({ count }) => count),
  };
}

/** The scan's signatures, placed in their regions, and those that libblkid adds. */
async function knownFormats(
  disk: RawDisk,
  scanned: Collector<Signature>,
  tools: ResidueTools,
  signal: AbortSignal | undefined,
): Promise<Signature[]> {
  const raw = scanned.entries().flatMap(([, kept]) => kept);
  const { regions, signatures } = await mapRegions(disk, raw);
  const own = withoutCovered(raw, signatures).sort((a, b) => a.offset - b.offset);
  const placed = markCurrentText(gatherZfs(own)).map((entry) => placeSignature(entry, regions));
  if (disk.size === 0) return placed;
  const seen = await wipefsSignatures(disk.path, tools.wipefs, signal);
  for (const region of regions.slice(1)) {
    seen.push(...(await seenIn(disk, region, tools.blkid, signal)));
  }
  return mergeSeen(placed, seen);
}

async function seenIn(
  disk: RawDisk,
  region: Region,
  blkid: string,
  signal: AbortSignal | undefined,
): Promise<Signature[]> {
  // A table may promise more than the disk has.
  const length = Math.min(region.length, disk.size - region.start);
  const seen = await blkidSignatures(disk.path, { ...region, length }, blkid, signal);
  return seen.map((entry) => ({ ...entry, detail: { ...entry.detail, in: region.name } }));
}

/** GPT entries read by way of a header say more than the same entries recognised by their type. */
const withoutCovered = (scanned: readonly Signature[], read: readonly Signature[]): Signature[] => [
  ...scanned.filter(
    ({ type, offset }) =>
      !read.some(
        (other) =>
          other.type === type &&
          type === 'gpt_entries' &&
          offset >= other.offset &&
          offset < other.offset + other.length,
      ),
  ),
  ...read,
];

interface Listing {
  findings: Finding[];
  count: FindingCount;
}

function listSignatures(
  all: readonly Signature[],
  scanned: Collector<Signature>,
  limit: number,
): Listing[] {
  return [...new Set(all.map(({ type }) => type))].map((type) => {
    const same = all.filter((signature) => signature.type === type);
    const findings = same
      .slice(0, limit)
      .map(({ kind, offset, length, what, detail }): Finding => ({
        kind,
        offset,
        length: length > 0 ? length : undefined,
        what,
        detail: { type, ...detail },
      }));
    const dropped = Math.max(scanned.count(type) - Math.max(limit, leastKept), 0);
    const count = same.length + dropped;
    return { findings, count: { subject: type, count, listed: findings.length } };
  });
}

function listMatches(name: string, length: number, matches: Collector<number>): Listing {
  const kept = matches.entries().find(([subject]) => subject === name)?.[1] ?? [];
  const count = matches.count(name);
  const findings = kept.map((offset, index): Finding => ({
    kind: 'bytes',
    offset,
    length,
    what: `${JSON.stringify(name)}, ${String(index + 1)} of ${String(count)}`,
    detail: { search: name },
  }));
  return { findings, count: { subject: name, count, listed: findings.length } };
}

function listContent({ first, stretches }: ContentMap): Listing {
  const findings = first.map(({ offset, length }: Extent): Finding => ({
    kind: 'data',
    offset,
    length,
    what: `${String(length)} bytes in blocks that are not zero`,
    detail: {},
  }));
  return { findings, count: { subject: 'data', count: stretches, listed: findings.length } };
}
