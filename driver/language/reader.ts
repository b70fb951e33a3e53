import type { ErrorCode } from '../error-codes.js';
import type { SourceLocation } from '../location.js';
import type { Pattern, TextPattern } from './expectation.js';
import { isSlashed, readPattern } from './pattern.js';
import { nearest, problemAt, type ProblemDetails, type Report } from './problem.js';
import { LARGEST, LONGEST, parseDuration, parseSize } from './quantities.js';
import { controlCharacter } from './control-characters.js';
import { DURATION, SIZE } from './schema/leaves.js';
import type { Span, YamlDocument } from './yaml/document.js';
import type { YamlPath } from './yaml/path.js';
import { listOf, showValue } from './yaml/show.js';

/**
 * Turns written values (variables already filled in) into typed ones. A value that is
 * wrong is reported at its place, and a harmless one returned, so that the rest of the
 * file is still checked. Paths are relative to `base`.
 */
export class StepReader {
  constructor(
    readonly document: YamlDocument,
    readonly base: YamlPath,
    readonly report: Report,
  ) {}

  /** A reader for a value further down. */
  below(...path: YamlPath): StepReader {
    return new StepReader(this.document, [...this.base, ...path], this.report);
  }

  at(path: YamlPath): SourceLocation {
    return this.document.at([...this.base, ...path]);
  }

  /** Reports a mistake in the value at `path`. */
  wrong(
    path: YamlPath,
    code: ErrorCode<'scenario'>,
    message: string,
    details: ProblemDetails = {},
  ): void {
    this.reportAt(this.document.valueSpan([...this.base, ...path]), code, message, details);
  }

  /** The same for a place that is not a value, e.g. a key. */
  reportAt(
    span: Span,
    code: ErrorCode<'scenario'>,
    message: string,
    details: ProblemDetails = {},
  ): void {
    this.report(problemAt(this.document, span, code, message, details));
  }

  /** Milliseconds. */
  duration(path: YamlPath, written: string): number {
    return parseDuration(written) ?? this.unfit(path, written, `${DURATION}, ${LONGEST}`, 1);
  }

  /** Bytes. */
  size(path: YamlPath, written: string): number {
    const expected = `${SIZE}, a whole number of bytes ${LARGEST}`;
    return parseSize(written) ?? this.unfit(path, written, expected, 512);
  }

  /** A name, which the schema has checked but for the values of its variables. */
  name(path: YamlPath, written: string): string {
    const control = controlCharacter(written);
    if (control === undefined) return written;
    return this.unfit(
      path,
      written,
      `one line of text without control characters (${control})`,
      '',
    );
  }

  integer(path: YamlPath, written: number | string, lowest: number, highest: number): number {
    const number = typeof written === 'string' && /^\d+$/.test(written) ? Number(written) : written;
    if (typeof number === 'number' && number >= lowest && number <= highest) return number;
    const expected = `a whole number from ${String(lowest)} to ${String(highest)}`;
    return this.unfit(path, written, expected, lowest);
  }

  choice<const T extends string>(path: YamlPath, written: string, words: readonly [T, ...T[]]): T {
    const found = words.find((word) => word === written);
    return found ?? this.unfit(path, written, listOf(words), words[0], nearest(written, words));
  }

  /** `source` (then `^` and `$` are line ends) or `/source/flags`. */
  pattern(path: YamlPath, written: string): Pattern {
    const read = readPattern(written);
    if ('pattern' in read) return read.pattern;
    if (read.wrong === 'flags') {
      return this.unfit(path, written, read.why, { source: '', flags: '' });
    }
    this.wrong(path, 'TAPBOOT_E_PATTERN', `not a regular expression: ${read.why}`, {
      expected: 'an ECMAScript regular expression',
      got: showValue(written),
      hint: 'a backslash before a character takes it literally: \\( \\[ \\+',
    });
    return { source: '', flags: '' };
  }

  /** `/source/flags`, or plain text. */
  look(path: YamlPath, written: string): TextPattern {
    if (isSlashed(written)) return { pattern: this.pattern(path, written) };
    return { text: written };
  }

  private unfit<T>(
    path: YamlPath,
    written: unknown,
    expected: string,
    instead: T,
    near?: string,
  ): T {
    this.wrong(path, 'TAPBOOT_E_SCENARIO_VALUE', `${lastName(path)} has a wrong value`, {
      expected,
      got: showValue(written),
      hint: near === undefined ? undefined : `did you mean '${near}'?`,
    });
    return instead;
  }
}

/** The key that a path ends in; `item 2` for a list's item. */
function lastName(path: YamlPath): string {
  const last = path[path.length - 1];
  if (typeof last === 'number') return `item ${String(last + 1)}`;
  return last === undefined ? 'this' : `'${last}'`;
}
