import type { Extent } from '../finding.js';
import type { RawDisk } from '../raw-disk.js';
import { decoders } from '../signatures.generated.js';
import { decodeLvmText, lvmTextAnchor, lvmTextWindow } from '../signatures/lvm-text.js';
import type { Decoder, Signature } from '../signatures/signature.js';
import { ByteSearch } from './bytes.js';
import type { Collector } from './collector.js';
import { contentBlock, isZero, type ContentMap } from './content.js';
import { readRanges } from './ranges.js';
import { SectorMatcher, sectorSize } from './sectors.js';

/** Bytes read at a time; a multiple of the content block. */
const chunkBytes = 4 * 1024 * 1024;

const matcher = new SectorMatcher<Decoder>(
  decoders.flatMap((target) => target.magics.map((magic) => ({ magic, target }))),
);

/** A byte string to look for, and its name in the result. */
export interface Search {
  name: string;
  bytes: Buffer;
}

/** Where a scan puts what it finds. */
export interface ScanResult {
  /** Signatures by type. */
  signatures: Collector<Signature>;
  /** Offsets of the searched strings by name. */
  matches: Collector<number>;
  content: ContentMap;
}

/**
 * Reads the data extents of a disk once, in chunks, and fills `into`: searched byte strings at
 * any offset, known formats at any sector, and what is not zero. Each range begins on a block,
 * so that no sector is cut.
 */
export async function scanDisk(
  disk: RawDisk,
  extents: readonly Extent[],
  searches: readonly Search[],
  into: ScanResult,
  signal?: AbortSignal,
): Promise<void> {
  const anchors: number[] = [];
  const streams = searches.map(
    ({ name, bytes }) => new ByteSearch(bytes, (at) => into.matches.add(name, () => at)),
  );
  streams.push(new ByteSearch(lvmTextAnchor, (at) => anchors.push(at)));
  const margin = Math.max(...streams.map(({ pattern }) => pattern.length)) - 1;
  const memory = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(disk.size, 1)));
  for (const range of readRanges(extents, margin, disk.size)) {
    const end = range.offset + range.length;
    for (let at = range.offset; at < end; at += chunkBytes) {
      signal?.throwIfAborted();
      const chunk = memory.subarray(0, Math.min(chunkBytes, end - at));
      await disk.readInto(chunk, at);
      for (const stream of streams) stream.feed(chunk, at);
      await decodeSectors(disk, chunk, at, into);
      for (const anchor of anchors.splice(0)) await decodeText(disk, anchor, into);
    }
  }
}

async function decodeSectors(
  disk: RawDisk,
  chunk: Buffer,
  offset: number,
  { content, signatures }: ScanResult,
): Promise<void> {
  const candidates: { decoder: Decoder; at: number }[] = [];
  for (let block = 0; block < chunk.length; block += contentBlock) {
    const blockEnd = Math.min(block + contentBlock, chunk.length);
    if (isZero(chunk.subarray(block, blockEnd))) continue;
    content.add(offset + block, blockEnd - block);
    for (let at = block; at < blockEnd; at += sectorSize) {
      matcher.match(chunk, at, (decoder) => {
        if (decoder.plausible?.(chunk, at) !== false) candidates.push({ decoder, at });
      });
    }
  }
  for (const { decoder, at } of candidates) {
    const { before, length } = decoder.window;
    const inside = at >= before && at + length <= chunk.length;
    const window = inside
      ? chunk.subarray(at - before, at + length)
      : await disk.read(offset + at - before, before + length);
    const signature = decoder.decode(window, offset + at);
    if (signature !== undefined) signatures.add(signature.type, () => signature);
  }
}

async function decodeText(
  disk: RawDisk,
  anchor: number,
  { signatures }: ScanResult,
): Promise<void> {
  const { before, length } = lvmTextWindow;
  const window = await disk.read(anchor - before, before + length);
  const signature = decodeLvmText(window, anchor);
  if (signature !== undefined) signatures.add(signature.type, () => signature);
}
