import type { ErrorCode } from '../error-codes.js';
import { closest, distance } from 'fastest-levenshtein';
import { describeError, scenarioError, type TapbootError } from '../errors.js';
import type { Span, YamlDocument } from './yaml/document.js';
import { frameOf } from './yaml/frame.js';

/** What a problem says beside its message and place. */
export interface ProblemDetails {
  expected?: string;
  got?: string;
  hint?: string;
}

/** Takes the problems of a file as they are found, so that all of them are reported. */
export type Report = (problem: TapbootError) => void;

/** A mistake in a file, with its place and the lines around it. */
export function problemAt(
  document: YamlDocument,
  span: Span,
  code: ErrorCode<'scenario'>,
  message: string,
  details: ProblemDetails = {},
): TapbootError {
  const at = document.location(span);
  return scenarioError(code, message, {
    at,
    frame: frameOf(document.text, span, at.line),
    ...details,
  });
}

/** The candidate that was most likely meant; undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const lowered = word.toLowerCase();
  const best = closest(lowered, [...candidates]);
  const same = candidates.find((candidate) => candidate.toLowerCase() === lowered);
  if (same !== undefined) return same;
  const longest = Math.max(word.length, best.length);
  // Of two letters, one that differs makes another word.
  const limit = longest < 3 ? 0 : Math.max(2, Math.floor(longest / 3));
  return distance(lowered, best) <= limit ? best : undefined;
}

/** `did you mean 'x'?`, or what else there is. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  if (near !== undefined) return `did you mean '${near}'?`;
  return candidates.length === 0 ? 'there is none' : `one of: ${candidates.join(', ')}`;
}

/** Problems of one file that are told; whoever has more begins with these. */
const MOST_PROBLEMS = 100;

/**
 * The first problems of a file, each made by `make`; how many there are beyond them is told by one
 * more. What a file of a megabyte can have wrong would take minutes to tell, and longer to read.
 */
export function limited<T>(
  found: readonly T[],
  file: string,
  make: (one: T) => readonly TapbootError[],
): TapbootError[] {
  const problems: TapbootError[] = [];
  for (const [index, one] of found.entries()) {
    if (problems.length >= MOST_PROBLEMS) {
      const message = `at least ${String(found.length - index)} more problems in this file`;
      const at = { file, line: 1, column: 1 };
      return [...problems, scenarioError('TAPBOOT_E_SCENARIO_PROBLEMS', message, { at })];
    }
    problems.push(...make(one).slice(0, MOST_PROBLEMS));
  }
  return problems;
}

/** Two problems at one place read best in the order of the text. */
export function inOrder(problems: readonly TapbootError[]): TapbootError[] {
  return [...problems].sort((a, b) => {
    const left = a.details.at;
    const right = b.details.at;
    if (left === undefined || right === undefined) return 0;
    return (
      left.file.localeCompare(right.file) || left.line - right.line || left.column - right.column
    );
  });
}

/**
 * Many problems as the one error that is thrown: the first alone as it is, several as a
 * list in `details.output`.
 */
export function asOneError(problems: readonly TapbootError[]): TapbootError {
  const [first, ...more] = inOrder(problems);
  if (first === undefined) throw new RangeError('asOneError: there is no problem');
  if (more.length === 0) return first;
  const files = new Set(problems.map((problem) => problem.details.at?.file));
  const where = files.size === 1 ? '' : ` in ${String(files.size)} files`;
  return scenarioError(
    'TAPBOOT_E_SCENARIO_PROBLEMS',
    `${String(problems.length)} problems${where}`,
    { output: [first, ...more].map(describeError).join('\n\n') },
  );
}
