import { hasCode } from '../host/atomic-file.js';

/** Where a reporter writes. */
export interface Output {
  write(text: string): void;
  /** Resolves when all that was written has been handed over, or nobody reads any more. */
  close(): Promise<void>;
  /** True once the reader is gone; what is written then goes nowhere. */
  readonly broken: boolean;
}

/** The part of a Node stream that an Output needs. */
export interface Sink {
  write(text: string | Uint8Array, callback: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * Wraps a stream (usually stdout) so that its reader may leave or lag behind.
 *
 * A closed pipe (`tapboot run | head -1`) ends the report, not the run: the VM is shut
 * down in order, the record is written, and the exit code is the run's. A slow reader
 * slows nothing: Node keeps what is not taken yet, at most the report's own size, and
 * `close` waits until it has been taken. Any other write error (a full disk behind a
 * redirection) is handed to `onError` once: the report is incomplete then.
 */
export function guardedOutput(
  stream: Sink,
  onError: (error: Error) => void = () => undefined,
): Output {
  let broken = false;
  let pending = Promise.resolve();
  const fail = (error: Error): void => {
    const known = broken;
    broken = true;
    const left = hasCode(error, 'EPIPE') || hasCode(error, 'ERR_STREAM_DESTROYED');
    if (!known && !left) onError(error);
  };
  stream.on('error', fail);
  return {
    get broken() {
      return broken;
    },
    write(text) {
      if (broken || text === '') return;
      pending = new Promise((resolve) => {
        stream.write(text, (error) => {
          if (error) fail(error);
          resolve();
        });
      });
    },
    // Writes complete in order: the last one's end is the end of all.
    close: () => pending,
  };
}

/**
 * A stream for a report that draws, or speaks to a CI service, and has cleaned every text in it:
 * a stream that cleans what is written to it lets bytes pass.
 */
export const asItIs = (stream: Sink): Sink => ({
  write: (text, callback) => stream.write(Buffer.from(text), callback),
  on: (event, listener) => stream.on(event, listener),
});

/** Keeps what is written; for files made at the end, and for tests. */
export class MemoryOutput implements Output {
  text = '';
  readonly broken = false;

  write(text: string): void {
    this.text += text;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
