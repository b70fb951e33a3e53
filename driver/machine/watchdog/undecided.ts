import { sleep } from '../../host/timers.js';

/** What has been seen and is not certain yet, and the waits that decide it, until they are stopped. */
export class Undecided {
  readonly #stop = new AbortController();
  readonly #work = new Set<Promise<void>>();
  /** Resolves when nobody waits any more. */
  readonly stopping: Promise<void>;

  constructor() {
    this.stopping = new Promise((resolve) => {
      const stopped = (): void => {
        resolve();
      };
      this.#stop.signal.addEventListener('abort', stopped, { once: true });
    });
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Ends all waits at once. Idempotent. */
  stop(): void {
    this.#stop.abort();
  }

  /** @param work never rejects */
  add(work: Promise<void>): void {
    const known = work.finally(() => {
      this.#work.delete(known);
    });
    this.#work.add(known);
  }

  /** Waits until all is certain, also what comes up meanwhile. */
  async none(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  /** Milliseconds, or until all waits are stopped. */
  async wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}
