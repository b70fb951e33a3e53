import { startInterval } from '../host/timers.js';
/** Longer than any test: Node's timers end at 2³¹ − 1 ms. */
const LONG_MS = 2 ** 31 - 1;

/**
 * Keeps the event loop alive for as long as work is under way. Machines themselves do not
 * (see `VmHost.background`), so that a test file ends when its tests have.
 */
export class KeepAlive {
  #timer: NodeJS.Timeout | undefined;
  #pending = 0;
  #begun = 0;

  /** Pieces of work begun so far; tells whether there was any between two looks. */
  get begun(): number {
    return this.#begun;
  }

  /** Does `work`, and keeps the process alive meanwhile. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#begun++;
    this.#pending++;
    this.#timer ??= startInterval(() => undefined, LONG_MS);
    try {
      return await work();
    } finally {
      this.#pending--;
      if (this.#pending === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }
}

/** One for the process: it is the process that is kept alive. */
export const keepAlive = new KeepAlive();
