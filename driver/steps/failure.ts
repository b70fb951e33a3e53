import { UnmetExpectation } from './unmet-expectation.js';
import type { TapbootError } from '../errors.js';
import type { Artifact, Failure, Mismatch, Phase } from '../events/events.js';
import type { SourceLocation } from '../location.js';
import type { StepList } from './scenario-context.js';
import { codeFrame, sourcePath } from './code-frame.js';

/** What a failure needs beside the error. */
export interface FailurePlace {
  /** Whose file the excerpt is taken from. */
  scenario: Pick<StepList, 'file' | 'path'>;
  /** Place of the step; a place that the error itself names goes before it. */
  at?: SourceLocation;
  phase: Phase;
  artifacts?: readonly Artifact[];
  /** Last lines of the guest's console. */
  console?: string;
  /** Replaces the values that no output may show; default: none. */
  redact?: (text: string) => string;
}

/**
 * The one way from an error to a `Failure`: place and excerpt filled in, secrets replaced.
 * An error without single mismatches but with expected and got counts as one.
 */
export function failureOf(error: TapbootError, place: FailurePlace): Failure {
  const { details } = error;
  const redact = place.redact ?? ((text: string): string => text);
  const at = details.at ?? place.at;
  const frame =
    details.frame ?? (at === undefined ? undefined : codeFrame(sourcePath(place.scenario, at), at));
  return {
    class: error.failureClass,
    code: error.code,
    message: redact(error.message),
    phase: place.phase,
    at,
    mismatches: mismatchesOf(error).map(({ what, expected, got, diff }) => ({
      what: redact(what),
      expected: redact(expected),
      got: redact(got),
      diff: diff === undefined ? undefined : redact(diff),
    })),
    hint: details.hint === undefined ? undefined : redact(details.hint),
    frame: frame === undefined ? undefined : redact(frame),
    output: details.output === undefined ? undefined : redact(details.output),
    console: place.console === undefined ? undefined : redact(place.console),
    artifacts: [...(place.artifacts ?? [])],
  };
}

function mismatchesOf(error: TapbootError): Mismatch[] {
  if (error instanceof UnmetExpectation) return error.mismatches;
  const { expected, got } = error.details;
  if (expected === undefined && got === undefined) return [];
  return [{ what: 'expectation', expected: expected ?? '', got: got ?? '' }];
}
