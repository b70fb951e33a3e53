import { startTimer } from './timers.js';
/** A promise that is settled from outside, and that can be waited for with a deadline. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  #settled = false;

  constructor() {
    let resolve!: (value: T) => void;
    let reject!: (error: unknown) => void;
    this.promise = new Promise<T>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    // Whoever waits sees the rejection; where nobody does (yet), it must not end the process.
    this.promise.catch(() => undefined);
    this.resolve = (value) => {
      this.#settled = true;
      resolve(value);
    };
    this.reject = (error) => {
      this.#settled = true;
      reject(error);
    };
  }

  /** True once it has been resolved or rejected. */
  get settled(): boolean {
    return this.#settled;
  }

  /**
   * @param timeoutMs milliseconds to wait
   * @returns the value, or undefined when the time is over first
   */
  async within(timeoutMs: number): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = startTimer(() => resolve(undefined), timeoutMs);
    });
    try {
      return await Promise.race([this.promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
