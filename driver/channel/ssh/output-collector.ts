/** Keeps the beginning of a stream and counts the rest. */
export class OutputCollector {
  readonly #limit: number;
  readonly #pieces: Uint8Array[] = [];
  #kept = 0;
  #dropped = 0;

  /** @param limit bytes to keep */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(bytes: Uint8Array): void {
    const room = this.#limit - this.#kept;
    const kept = bytes.subarray(0, room);
    if (kept.byteLength > 0) this.#pieces.push(kept);
    this.#kept += kept.byteLength;
    this.#dropped += bytes.byteLength - kept.byteLength;
  }

  /** Bytes that came after the limit was reached. */
  get dropped(): number {
    return this.#dropped;
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString('utf8');
  }
}
