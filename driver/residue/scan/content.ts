import type { Extent } from '../finding.js';

/** Bytes that are judged zero or not as one. */
export const contentBlock = 4096;
const zeros = new Uint8Array(contentBlock);

/** Whether a block of at most 4 KiB is nothing but zeros. */
export const isZero = (block: Buffer): boolean =>
  block.length === contentBlock
    ? block.equals(zeros)
    : block.equals(zeros.subarray(0, block.length));

/** Adds up the stretches of a disk that are not zero; blocks come in rising order. */
export class ContentMap {
  readonly #limit: number;
  readonly first: Extent[] = [];
  bytes = 0;
  stretches = 0;
  #end = -1;

  /** @param limit stretches that are remembered; all are counted */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Notes a block that is not zero. */
  add(offset: number, length: number): void {
    this.bytes += length;
    const joins = this.#end === offset;
    this.#end = offset + length;
    if (!joins) {
      this.stretches += 1;
      if (this.first.length < this.#limit) this.first.push({ offset, length });
    } else if (this.stretches === this.first.length) {
      const last = this.first.at(-1);
      if (last !== undefined) last.length += length;
    }
  }
}
