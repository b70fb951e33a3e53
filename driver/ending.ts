import { infraError, TapbootError } from './errors.js';

/** The signals that end a run early, in its own way. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type EndingSignal = (typeof ENDING_SIGNALS)[number];

/** The signal that a run is ended by; undefined when something else, or nothing, ends it. */
export const endingSignal = ({ reason }: AbortSignal): EndingSignal | undefined =>
  ENDING_SIGNALS.find((name) => name === reason);

/**
 * Why a run is being ended before its time: what its `AbortSignal` was aborted with is a
 * signal's name, or the error that the run cannot go on after.
 */
export function endingError(signal: AbortSignal): TapbootError {
  const reason: unknown = signal.reason;
  if (reason instanceof TapbootError) return reason;
  const why = typeof reason === 'string' ? ` by ${reason}` : '';
  return infraError('TAPBOOT_E_INTERRUPTED', `interrupted${why}`, {
    hint: 'The record of the run is kept; what had no verdict yet has none. Run again.',
  });
}
