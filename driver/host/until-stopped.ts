import { startTimer } from './timers.js';
import { abortReason } from './abort-reason.js';

/** Why a command is to be ended before it ends by itself. */
export type Stop = { why: 'timeout' } | { why: 'abort'; reason: Error };

/**
 * Waits for a command, its time-out, or the caller's signal, whichever is first.
 * @returns undefined when the command ended; a rejection of `ended` passes through
 */
export async function untilStopped(
  ended: Promise<unknown>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Stop | undefined> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const stopped = new Promise<Stop>((resolve) => {
    timer = startTimer(() => resolve({ why: 'timeout' }), timeoutMs);
    onAbort = () => resolve({ why: 'abort', reason: abortReason(signal) });
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([ended.then(() => undefined), stopped]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}
