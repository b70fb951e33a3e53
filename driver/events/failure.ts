import type { TapbootError } from '../errors.js';
import type { Failure, Phase } from './events.js';

/** The failure of a phase that no step accounts for, e.g. a boot. */
export function phaseFailure(error: TapbootError, phase: Phase): Failure {
  const { at, hint, frame, output, expected, got } = error.details;
  return {
    class: error.failureClass,
    code: error.code,
    message: error.message,
    phase,
    mismatches: expected === undefined || got === undefined ? [] : [{ what: phase, expected, got }],
    artifacts: [],
    at,
    hint,
    frame,
    output,
  };
}
