/** What a command's result is measured by. */

/** A regular expression: ECMAScript syntax, to be made with `new RegExp(source, flags)`. */
export interface Pattern {
  source: string;
  flags: string;
}

/** Something to look for in a stream of text: plain text, or a pattern. */
export type TextPattern = { text: string } | { pattern: Pattern };

/** Which exit statuses are right. */
export type ExitExpectation = { oneOf: number[] } | 'nonzero' | 'any';

/** What must hold of one output stream; empty lists ask for nothing. */
export interface StreamExpectation {
  contains: string[];
  notContains: string[];
  matches: Pattern[];
  notMatches: Pattern[];
  /** The whole stream; a final newline in either is ignored. */
  equals?: string;
  json?: JsonExpectation;
}

/** JSON values as YAML can write them. */
export type JsonValue =
  null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** The stream is one JSON document that … */
export type JsonExpectation =
  | { how: 'subset'; value: JsonValue }
  /** `path` is `$`, then `.key`, `['key']` or `[0]` any number of times. */
  | { how: 'paths'; paths: { path: string; value: JsonValue }[] };

/** What must hold of a command's result. */
export interface OutputExpectation {
  exit: ExitExpectation;
  stdout?: StreamExpectation;
  stderr?: StreamExpectation;
}
