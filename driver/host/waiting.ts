import { startTimer } from './timers.js';

/** Why a signal was aborted, as an error that can be thrown. */
export function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  if (reason instanceof Error) return reason;
  return new Error(typeof reason === 'string' ? reason : 'aborted');
}

/**
 * Says that a rejection is for whoever waits for the promise; where nobody does (yet), it must
 * not end the process.
 */
export function awaitedLater(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}

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
    awaitedLater(this.promise);
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
    return await within(this.promise, { ms: timeoutMs });
  }
}

/** Why a command is to be ended before it ends by itself. */
export type Stop = { why: 'timeout' } | { why: 'abort'; reason: Error };

/**
 * Waits for a command, its timeout, or the caller's signal, whichever is first.
 * @returns undefined when the command ended; a rejection of `ended` passes through
 */
export async function untilStopped(
  ended: Promise<unknown>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Stop | undefined> {
  const done = await within(
    ended.then(() => true),
    { ms: timeoutMs, signal },
  );
  if (done === true) return undefined;
  return signal?.aborted === true
    ? { why: 'abort', reason: abortReason(signal) }
    : { why: 'timeout' };
}

/** What ends a wait before that which is waited for. */
export interface WaitLimits {
  /** Milliseconds; absent: no limit. */
  ms?: number;
  signal?: AbortSignal;
}

/**
 * What `work` resolves to; undefined when the time is over, or the signal is aborted, first.
 * Neither a timer nor a listener is left. `work` itself goes on.
 * @throws what `work` throws
 */
export async function within<T>(
  work: Promise<T>,
  { ms, signal }: WaitLimits,
): Promise<T | undefined> {
  if (signal?.aborted === true) return undefined;
  let timer: NodeJS.Timeout | undefined;
  let stop: () => void = () => undefined;
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => {
      resolve(undefined);
    };
  });
  if (ms !== undefined) timer = startTimer(stop, ms);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** Resolves once the signal is aborted. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Runs works side by side that do not depend on each other. The first one that fails ends the
 * others through their signal; every one of them has ended before this returns or throws.
 * @param works by name; each is given the signal that ends it
 * @param signal ends all of them
 * @param onFailure told which one has failed first
 * @returns what each of them resolved to, by name
 * @throws what the first one that failed has thrown
 */
export async function sideBySide<R extends object>(
  works: { [K in keyof R]: (signal: AbortSignal) => Promise<R[K]> },
  signal: AbortSignal,
  onFailure?: (name: NoInfer<keyof R>) => void,
): Promise<R> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  const results: Partial<R> = {};
  const run = async (name: keyof R): Promise<void> => {
    try {
      results[name] = await works[name](either);
    } catch (error) {
      if (failures.push(error) === 1) onFailure?.(name);
      stop.abort(error);
    }
  };
  await Promise.all((Object.keys(works) as (keyof R)[]).map(run));
  if (failures.length > 0) throw failures[0];
  return results as R;
}
