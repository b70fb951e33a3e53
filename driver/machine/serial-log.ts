import { closeSync, openSync, writeSync } from 'node:fs';

import type { ConsoleRecording } from './console-recording.js';

/** Bytes of a console that its log has: a guest may write without end. */
export const SERIAL_LIMIT = 256 * 1024 * 1024;

/** Of what comes behind them, the last ones: how a machine ended is what is looked for. */
const TAIL_BYTES = 1024 * 1024;

/**
 * serial.log of one VM, and the recording of it. Written synchronously: what the guest said is on disk before
 * anything is concluded from it, also when the driver is killed a moment later.
 */
export class SerialLog implements AsyncDisposable {
  readonly #limits: { bytes: number; tail: number };
  #left: number;
  /** The last bytes that came behind the limit. */
  #ring: Buffer | undefined;
  /** How many came. */
  #behind = 0;
  readonly #fd: number;
  readonly #onError: (error: Error) => void;
  readonly #recording: ConsoleRecording | undefined;
  #open = true;
  #failed = false;

  /**
   * @param onError told once when the log can no longer be written, e.g. disk full
   * @param recording gets all that the log gets; closed with it
   * @param limits bytes that are written as they come, and of what comes behind them, the last
   *   ones, which are written in the end
   */
  constructor(
    path: string,
    onError: (error: Error) => void,
    recording?: ConsoleRecording,
    limits = { bytes: SERIAL_LIMIT, tail: TAIL_BYTES },
  ) {
    this.#limits = limits;
    this.#left = limits.bytes;
    this.#fd = openSync(path, 'a', 0o644);
    this.#onError = onError;
    this.#recording = recording;
  }

  /** QEMU has been started. @param at `performance.now()` of that */
  started(at: number): void {
    this.#recording?.started(at);
  }

  /** Names a place in the recording; the log itself holds the guest's words alone. */
  mark(label: string): void {
    this.#recording?.mark(label);
  }

  write(bytes: Uint8Array): void {
    this.#recording?.output(bytes);
    if (!this.#open) return;
    const fits = bytes.subarray(0, this.#left);
    if (fits.byteLength > 0) this.#write(fits);
    this.#left -= fits.byteLength;
    if (fits.byteLength < bytes.byteLength) this.#keep(bytes.subarray(fits.byteLength));
  }

  #write(bytes: Uint8Array): void {
    if (this.#failed) return;
    try {
      writeSync(this.#fd, bytes);
    } catch (error) {
      this.#failed = true;
      this.#onError(error as Error);
    }
  }

  #keep(bytes: Uint8Array): void {
    const { bytes: limit, tail } = this.#limits;
    if (this.#ring === undefined) {
      this.#ring = Buffer.alloc(tail);
      const reached = `it has reached its limit of ${String(limit)} bytes`;
      this.#onError(new Error(`${reached}; of what follows, the last ${String(tail)} are kept`));
    }
    const last = bytes.subarray(-tail);
    const at = (this.#behind + bytes.byteLength - last.byteLength) % tail;
    const first = last.subarray(0, tail - at);
    this.#ring.set(first, at);
    this.#ring.set(last.subarray(first.byteLength), 0);
    this.#behind += bytes.byteLength;
  }

  #writeEnd(ring: Buffer): void {
    const at = this.#behind % ring.byteLength;
    const leftOut = this.#behind - ring.byteLength;
    if (leftOut <= 0) {
      this.#write(ring.subarray(0, this.#behind));
      return;
    }
    const said = `\n[tapboot: ${String(leftOut)} bytes of the console are left out here]\n`;
    this.#write(Buffer.concat([Buffer.from(said), ring.subarray(at), ring.subarray(0, at)]));
  }

  close(): void {
    this.#recording?.close();
    if (!this.#open) return;
    if (this.#ring !== undefined) this.#writeEnd(this.#ring);
    closeSync(this.#fd);
    this.#open = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await Promise.resolve();
  }
}
