import { guestDead, type TapbootError } from '../../errors.js';

/** A promise that is settled from outside, with a deadline. */
export class Pending<T> {
  readonly promise: Promise<T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;

  constructor() {
    let resolve!: (value: T) => void;
    let reject!: (error: unknown) => void;
    this.promise = new Promise<T>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    // Whoever waits sees the rejection; where nobody does (yet), it must not end the process.
    this.promise.catch(() => undefined);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  resolve(value: T): void {
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#reject(error);
  }

  /**
   * @param timeoutMs milliseconds to wait
   * @returns the value, or undefined when the time is over first
   */
  async within(timeoutMs: number): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    try {
      return await Promise.race([this.promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The stream to the guest's shell has ended. */
export const shellGone = (cause?: unknown): TapbootError =>
  guestDead('TAPBOOT_E_SHELL_CLOSED', 'the shell in the guest is gone: its port has closed', {
    hint: 'serial.log and harness.log say whether the guest or QEMU ended.',
    ...(cause === undefined ? {} : { cause }),
  });
