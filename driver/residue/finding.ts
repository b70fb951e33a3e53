/**
 * What a finding is about.
 *
 * - `md-superblock`, `md-bitmap`, `md-ppl`: Linux software RAID, its write-intent bitmap, its partial parity log
 * - `raid-other`: firmware and hardware RAID metadata (DDF, IMSM, what else libblkid knows)
 * - `lvm-label`: the label of a physical volume; `lvm-area`: header of a metadata area;
 *   `lvm-metadata`: one copy of a volume group's description in text
 * - `filesystem`: a superblock that a mount would use; `filesystem-backup`: another copy of one
 * - `partition-table`: MBR, GPT header, GPT entries; `boot-code`: a boot sector without partitions
 * - `swap`, `crypto` (LUKS, dm-verity, …), `storage-other` (bcache, DRBD, Ceph, VDO, …)
 * - `bytes`: a byte string that was searched for
 * - `data`: a stretch that is not zero; only when the disk is expected to be blank
 */
export type FindingKind =
  | 'md-superblock'
  | 'md-bitmap'
  | 'md-ppl'
  | 'raid-other'
  | 'lvm-label'
  | 'lvm-area'
  | 'lvm-metadata'
  | 'filesystem'
  | 'filesystem-backup'
  | 'partition-table'
  | 'boot-code'
  | 'swap'
  | 'crypto'
  | 'storage-other'
  | 'bytes'
  | 'data';

/** The kinds that are not the mark of a known format. */
export const contentKinds: ReadonlySet<FindingKind> = new Set(['bytes', 'data']);

/** One thing that lies on a disk. */
export interface Finding {
  kind: FindingKind;
  /** First byte of the structure, counted from the start of the disk. */
  offset: number;
  /** Bytes that the structure takes, where it says so. */
  length?: number;
  /** For people, one line: `md superblock 1.2, raid1 of 2, name host:127, …`. */
  what: string;
  /** The decoded fields; `type` is libblkid's name of the format, `in` the place it belongs to. */
  detail: Record<string, string | undefined>;
}

/** How often something was found, when that may be more than is listed. */
export interface FindingCount {
  /** A searched byte string as in `Inspection.searched`, or the type of a signature. */
  subject: string;
  /** All occurrences on the disk. */
  count: number;
  /** Occurrences among `findings`; less than `count` when `maxMatches` was reached. */
  listed: number;
}

/** A stretch of a disk, in bytes. */
export interface Extent {
  offset: number;
  length: number;
}

/** All that is on one disk. */
export interface Inspection {
  path: string;
  sizeBytes: number;
  /** Sorted by offset. */
  findings: Finding[];
  /** Bytes that the file really holds (everything else is a hole and reads as zeros). */
  dataBytes: number;
  /** What is not zero, in blocks of 4 KiB; the first 16 stretches are listed. */
  nonZero: { bytes: number; stretches: number; first: Extent[] };
  /** The byte strings that were searched for, as text; binary ones as `hex:…`. */
  searched: string[];
  /** One entry per searched string (also with count 0) and per type of signature found. */
  counts: FindingCount[];
}

/** How `inspectDisk` looks. */
export interface InspectOptions {
  /** Byte strings to find anywhere; text is taken as UTF-8. */
  search?: readonly (string | Buffer)[];
  signal?: AbortSignal;
  /** Findings listed per searched string and per type of signature (default 1000); all are counted. */
  maxMatches?: number;
  /** Reports every stretch that is not zero as a finding of kind `data`. */
  expectBlank?: boolean;
  /** Host programs, when they are not to be taken from the PATH. */
  tools?: Partial<ResidueTools>;
}

/** The host programs that an inspection runs: name or absolute path. */
export interface ResidueTools {
  qemuImg: string;
  wipefs: string;
  blkid: string;
}
