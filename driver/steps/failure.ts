import type { ErrorCode } from '../error-codes.js';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { codeFrameColumns } from '@babel/code-frame';
import { type ErrorDetails, TapbootError } from '../errors.js';
import type { Artifact, Failure, Mismatch, Phase } from '../events/events.js';
import type { SourceLocation } from '../location.js';
import type { StepList } from './scenario-context.js';

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

/** A product failure that can say, one by one, what did not hold. */
export class UnmetExpectation extends TapbootError {
  override readonly name = 'UnmetExpectation';
  declare readonly code: ErrorCode<'product'>;
  readonly mismatches: Mismatch[];

  constructor(
    code: ErrorCode<'product'>,
    message: string,
    mismatches: Mismatch[],
    details: ErrorDetails = {},
  ) {
    super('product', code, message, details);
    this.mismatches = mismatches;
  }

  override with(message: string, details: ErrorDetails): UnmetExpectation {
    return new UnmetExpectation(this.code, message, this.mismatches, details);
  }
}

/**
 * Absolute path of the file that a place of a scenario names. Places count from the working
 * directory of the loader, which the scenario's own two paths tell.
 */
export function sourcePath(scenario: Pick<StepList, 'file' | 'path'>, at: SourceLocation): string {
  if (at.file === scenario.file) return scenario.path;
  if (path.isAbsolute(at.file)) return at.file;
  const tail = path.sep + path.normalize(scenario.file);
  const base = scenario.path.endsWith(tail)
    ? scenario.path.slice(0, -tail.length)
    : path.dirname(scenario.path);
  return path.resolve(base === '' ? path.sep : base, at.file);
}

/**
 * The lines around a place, with a pointer to it; plain text. Undefined when the file is no
 * longer there or no longer that long: evidence is never a reason to fail.
 */
export function codeFrame(file: string, at: SourceLocation): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const lines = text.replace(/\r/g, '').replace(/\t/g, ' ').split('\n');
  if (at.line > lines.length) return undefined;
  return codeFrameColumns(
    lines.join('\n'),
    { start: { line: at.line, column: at.column } },
    { highlightCode: false, forceColor: false, linesAbove: 1, linesBelow: 2 },
  );
}
