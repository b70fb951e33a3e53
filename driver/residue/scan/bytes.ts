/**
 * Finds one byte string in a stream of chunks, also across the border of two that touch.
 * Occurrences may overlap; each is reported once, at its first byte.
 */
export class ByteSearch {
  readonly pattern: Buffer;
  readonly #found: (offset: number) => void;
  #tail: Buffer;
  #next = -1;

  /** @param pattern at least one byte */
  constructor(pattern: Buffer, found: (offset: number) => void) {
    this.pattern = pattern;
    this.#found = found;
    this.#tail = pattern.subarray(0, 0);
  }

  /** Takes the bytes at `offset`; a chunk that does not follow the last one starts anew. */
  feed(chunk: Buffer, offset: number): void {
    const keep = this.pattern.length - 1;
    if (this.#next === offset && this.#tail.length > 0) {
      const tail = this.#tail;
      // Only occurrences that begin in the tail: the rest is found in the chunk itself.
      const seam = concat(tail, chunk.subarray(0, keep));
      this.#search(seam, offset - tail.length, tail.length);
    }
    this.#search(chunk, offset, chunk.length);
    const carried = this.#next === offset ? concat(this.#tail, chunk.subarray(-keep)) : chunk;
    // A chunk shorter than the pattern must not cut what an earlier one left.
    this.#tail = keep === 0 ? chunk.subarray(0, 0) : copy(carried.subarray(-keep));
    this.#next = offset + chunk.length;
  }

  #search(bytes: Buffer, offset: number, before: number): void {
    let at = bytes.indexOf(this.pattern);
    while (at !== -1 && at < before) {
      this.#found(offset + at);
      at = bytes.indexOf(this.pattern, at + 1);
    }
  }
}

function concat(first: Buffer, second: Buffer): Buffer {
  const joined = Buffer.allocUnsafe(first.length + second.length);
  first.copy(joined);
  second.copy(joined, first.length);
  return joined;
}

// The chunk's memory is used again for the next one.
const copy = (bytes: Buffer): Buffer => concat(bytes, bytes.subarray(0, 0));
