import type { FindingKind } from '../finding.js';
import type { Magic } from '../scan/sectors.js';

/** A disk, a partition, or the data area of an array: something that a format can begin in. */
export interface Region {
  /** Bytes from the start of the disk. */
  start: number;
  length: number;
  /** `disk`, `partition 2 (gpt)`, `data of array host:127`. */
  name: string;
}

/** What a decoder made of the bytes at one place. */
export interface Signature {
  kind: FindingKind;
  /** libblkid's name of the format (`linux_raid_member`, `LVM2_member`, `ext4`, …), or ours. */
  type: string;
  /** Start of the structure, from the start of the disk. */
  offset: number;
  length: number;
  what: string;
  detail: Record<string, string | undefined>;
  /** Start of the device that the structure says it belongs to. */
  owner?: number;
  /**
   * Which place of `region` this is (`primary`, `last sector`), undefined when it is none of
   * the places where the format would be looked for. Default: `owner` is the region's start.
   */
  placeIn?: (region: Region) => string | undefined;
  /** Start of the region that it was found to belong to; set once the regions are known. */
  placedAt?: number;
  /** A region that the structure opens up, to be looked at as a disk of its own. */
  opens?: Region;
}

/**
 * Knows one format by a magic at a fixed place of a sector, wherever on the disk that lies.
 * Decoders only look at the window they are given.
 */
export interface Decoder {
  magics: readonly Magic[];
  /** Bytes before the sector, and from its start on, that `decode` needs. */
  window: { before: number; length: number };
  /** Cheap first look at the sector at `start` of `chunk` (which may end there): false saves the decoding. */
  plausible?(chunk: Buffer, start: number): boolean;
  /**
   * @param window `before` + `length` bytes; zeros where it reaches beyond the disk
   * @param sector offset on the disk of the sector that matched
   * @returns undefined when the magic was chance
   */
  decode(window: Buffer, sector: number): Signature | undefined;
}

/** A magic given as text in Latin-1, or as bytes in hexadecimal. */
export const text = (value: string, at = 0): Magic => ({ bytes: Buffer.from(value, 'latin1'), at });
export const hex = (value: string, at = 0): Magic => ({ bytes: Buffer.from(value, 'hex'), at });

/** A 64-bit little-endian number; beyond 2^53 it is no place on a disk, and becomes infinite. */
export function u64(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Infinity;
}

/** The same, big-endian. */
export function u64be(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64BE(at);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Infinity;
}

/** 16 bytes as a UUID with dashes. */
export function uuid(bytes: Buffer, at: number): string {
  const digits = bytes.toString('hex', at, at + 16);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Text up to the first NUL, with what cannot be printed replaced. */
export function name(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  const value = field.toString('utf8', 0, end === -1 ? length : end);
  return value.replace(/[\p{Cc}\uFFFD]/gu, '?').trimEnd();
}

/** `verified` as detail text. */
export const verdict = (good: boolean): string => (good ? 'ok' : 'bad');

/** Bytes in the largest unit that divides them, or with one decimal. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(value) ? String(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}
