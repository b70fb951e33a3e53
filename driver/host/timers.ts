/**
 * All of the driver's timers are armed here. Node's own fire at once when the time is longer
 * than 2^31-1 milliseconds (24.8 days). Every setting is bounded far below that where it is
 * read; what a sum of them exceeds it by is cut off here.
 */
import { setTimeout as nodeSleep } from 'node:timers/promises';

/** Node's `TIMEOUT_MAX`, milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The time that a timer is armed with.
 * @throws RangeError for no number: a timer that fires at once would pass for a timeout
 */
export function timerMs(ms: number): number {
  if (Number.isNaN(ms)) throw new RangeError('a timer needs a number of milliseconds');
  return Math.min(ms, LONGEST_TIMER_MS);
}

/** `setTimeout` for any time; ended by `clearTimeout`. */
export const startTimer = (callback: () => void, ms: number): NodeJS.Timeout =>
  setTimeout(callback, timerMs(ms));

/** `setInterval` for any time; ended by `clearInterval`. */
export const startInterval = (callback: () => void, ms: number): NodeJS.Timeout =>
  setInterval(callback, timerMs(ms));

/** `setTimeout` of node:timers/promises for any time. */
export const sleep = async <T = void>(
  ms: number,
  value?: T,
  options?: Parameters<typeof nodeSleep>[2],
): Promise<T> => await nodeSleep(timerMs(ms), value as T, options);
