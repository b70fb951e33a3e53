import type { RawDisk } from '../raw-disk.js';
import type { Region, Signature } from '../signatures/signature.js';
import { notLookedAt } from './not-looked-at.js';

const sector = 512;
const tableAt = 446;
const extendedTypes = new Set([0x05, 0x0f, 0x85]);
const protectiveType = 0xee;
/** Logical partitions that one chain is followed for; Linux makes do with 256 to a disk. */
const maxLogical = 128;

/** How many extended boot records may still be read: of all chains of a disk together. */
export interface RecordBudget {
  left: number;
}

interface MbrEntry {
  index: number;
  type: number;
  /** Bytes, relative to the sector's base. */
  start: number;
  length: number;
}

/** Used entries of a boot record; undefined when it is no valid one. */
function entries(block: Buffer): MbrEntry[] | undefined {
  if (block.readUInt16LE(510) !== 0xaa55) return undefined;
  const used: MbrEntry[] = [];
  for (let index = 0; index < 4; index += 1) {
    const at = tableAt + index * 16;
    const flag = block[at] ?? 0;
    if (flag !== 0 && flag !== 0x80) return undefined;
    const type = block[at + 4] ?? 0;
    const start = block.readUInt32LE(at + 8) * sector;
    const length = block.readUInt32LE(at + 12) * sector;
    if (type !== 0 && length > 0) used.push({ index, type, start, length });
  }
  return used;
}

/** FAT, NTFS and others end their boot sector like an MBR; their parameters give them away. */
const isFilesystemBootSector = (block: Buffer): boolean =>
  ['NTFS    ', 'EXFAT   ', '-FVE-FS-'].includes(block.toString('latin1', 3, 11)) ||
  /^FAT/.test(block.toString('latin1', 54, 57)) ||
  block.toString('latin1', 82, 85) === 'FAT';

/** What the master boot record at the start of `region` says; logical partitions included. */
export async function readMbr(
  disk: RawDisk,
  region: Region,
  budget: RecordBudget,
): Promise<{ signatures: Signature[]; partitions: Region[] }> {
  const block = await disk.read(region.start, sector);
  const used = entries(block);
  if (used === undefined || isFilesystemBootSector(block))
    return { signatures: [], partitions: [] };
  if (used.length === 0) return { signatures: [bootCode(region, block)], partitions: [] };
  const id = block.readUInt32LE(440).toString(16).padStart(8, '0');
  const protective = used.some(({ type }) => type === protectiveType);
  const signatures = [
    record(region.start, protective ? 'PMBR' : 'dos', region, {
      what: protective
        ? 'protective MBR (of a GPT)'
        : `MBR partition table, ${String(used.length)} entries, id ${id}`,
      detail: { id, types: used.map(({ type }) => `0x${type.toString(16)}`).join(',') },
    }),
  ];
  const partitions: Region[] = [];
  for (const entry of used) {
    if (entry.type === protectiveType) continue;
    const start = region.start + entry.start;
    if (extendedTypes.has(entry.type)) {
      const chain = await readLogical(disk, region, start, budget);
      signatures.push(...chain.signatures);
      partitions.push(...chain.partitions);
    } else {
      partitions.push({
        start,
        length: entry.length,
        name: `partition ${String(entry.index + 1)} (mbr)`,
      });
    }
  }
  return { signatures, partitions };
}

async function readLogical(
  disk: RawDisk,
  region: Region,
  base: number,
  budget: RecordBudget,
): Promise<{ signatures: Signature[]; partitions: Region[] }> {
  const signatures: Signature[] = [];
  const partitions: Region[] = [];
  const seen = new Set<number>();
  let at: number | undefined = base;
  while (at !== undefined) {
    if (seen.has(at) || seen.size === maxLogical || budget.left === 0) {
      signatures.push(notLookedAt(at, brokenOff(seen, at)));
      break;
    }
    seen.add(at);
    budget.left -= 1;
    const used: MbrEntry[] | undefined = entries(await disk.read(at, sector));
    if (used === undefined) break;
    signatures.push(
      record(at, 'dos', region, { what: 'extended boot record', detail: { role: 'extended' } }),
    );
    const here: number = at;
    const logical = used.find(({ type }) => !extendedTypes.has(type));
    const next = used.find(({ type }) => extendedTypes.has(type));
    if (logical !== undefined) {
      const number = String(4 + seen.size);
      partitions.push({
        start: here + logical.start,
        length: logical.length,
        name: `partition ${number} (mbr)`,
      });
    }
    at = next === undefined ? undefined : base + next.start;
  }
  return { signatures, partitions };
}

function brokenOff(seen: ReadonlySet<number>, at: number): string {
  const chain = 'a chain of extended boot records';
  if (seen.has(at)) return `${chain} that goes in a circle`;
  if (seen.size === maxLogical) return `${chain} longer than ${String(maxLogical)}`;
  return `${chain}, after many others`;
}

const record = (
  offset: number,
  type: string,
  region: Region,
  { what, detail }: { what: string; detail: Record<string, string> },
): Signature => ({
  kind: 'partition-table',
  type,
  offset,
  length: sector,
  owner: region.start,
  what,
  detail,
});

function bootCode(region: Region, block: Buffer): Signature {
  const loader = block.includes('GRUB') ? ' (GRUB)' : '';
  return {
    kind: 'boot-code',
    type: 'boot_sector',
    offset: region.start,
    length: sector,
    owner: region.start,
    what: `boot sector${loader} without partitions`,
    detail: { loader: loader === '' ? '' : 'GRUB' },
  };
}
