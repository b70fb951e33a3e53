import { closeSync, openSync, writeSync } from 'node:fs';

import type { ConsoleRecording } from './console-recording.js';

/**
 * serial.log of one VM, and the recording of it. Written synchronously: what the guest said is on disk before
 * anything is concluded from it, also when the driver is killed a moment later.
 */
export class SerialLog implements AsyncDisposable {
  readonly #fd: number;
  readonly #onError: (error: Error) => void;
  readonly #recording: ConsoleRecording | undefined;
  #open = true;
  #failed = false;

  /**
   * @param onError told once when the log can no longer be written, e.g. disk full
   * @param recording gets all that the log gets; closed with it
   */
  constructor(path: string, onError: (error: Error) => void, recording?: ConsoleRecording) {
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
    if (!this.#open || this.#failed) return;
    try {
      writeSync(this.#fd, bytes);
    } catch (error) {
      this.#failed = true;
      this.#onError(error as Error);
    }
  }

  close(): void {
    this.#recording?.close();
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await Promise.resolve();
  }
}
