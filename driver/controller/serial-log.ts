import { closeSync, openSync, writeSync } from 'node:fs';

/**
 * serial.log of one VM. Written synchronously: what the guest said is on disk before
 * anything is concluded from it, also when the driver is killed a moment later.
 */
export class SerialLog implements AsyncDisposable {
  readonly #fd: number;
  readonly #onError: (error: Error) => void;
  #open = true;
  #failed = false;

  /** @param onError told once when the log can no longer be written, e.g. disk full */
  constructor(path: string, onError: (error: Error) => void) {
    this.#fd = openSync(path, 'a', 0o644);
    this.#onError = onError;
  }

  write(bytes: Uint8Array): void {
    if (!this.#open || this.#failed) return;
    try {
      writeSync(this.#fd, bytes);
    } catch (error) {
      this.#failed = true;
      this.#onError(error as Error);
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await Promise.resolve();
  }
}
