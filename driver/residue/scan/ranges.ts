import type { Extent } from '../finding.js';
import { contentBlock } from './content.js';

/**
 * What has to be read so that nothing is missed: the extents, widened to whole blocks and by
 * `margin` bytes on each side (a byte string with zeros in it may reach into a hole), joined
 * where they meet.
 */
export function readRanges(extents: readonly Extent[], margin: number, size: number): Extent[] {
  const ranges: Extent[] = [];
  for (const { offset, length } of extents) {
    const from = Math.max(Math.floor((offset - margin) / contentBlock) * contentBlock, 0);
    const to = Math.min(offset + length + margin, size);
    const last = ranges.at(-1);
    if (last !== undefined && from <= last.offset + last.length) {
      last.length = Math.max(to - last.offset, last.length);
    } else {
      ranges.push({ offset: from, length: to - from });
    }
  }
  return ranges;
}
