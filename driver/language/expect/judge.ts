import { structuredPatch } from 'diff';
import type {
  ExitExpectation,
  JsonExpectation,
  JsonValue,
  OutputExpectation,
  Pattern,
  StreamExpectation,
} from '../expectation.js';
import { listOf } from '../yaml/show.js';
import { valueAtPath } from './json-path.js';
import { search } from './search.js';

/** The part of a command's result that is judged; a `CommandResult` fits. */
export interface JudgedResult {
  /** Null when the command was killed by its timeout. */
  exitStatus: number | null;
  stdout: string;
  stderr: string;
  /** False where the channel mixes the two streams into stdout. */
  stderrSeparate?: boolean;
  /** Bytes beyond the output limit that were not kept. */
  dropped?: { stdout: number; stderr: number };
}

/**
 * Judges what a command left behind: one judgement for the exit status, one for each
 * thing asked of a stream, in the order exit, stdout, stderr. Pure.
 * @throws TapbootError `scenario` TAPBOOT_E_PATTERN_TIME, see search.ts
 */
export function judgeOutput(result: JudgedResult, expectation: OutputExpectation): Judgement[] {
  const { stdout, stderr } = expectation;
  const judgements = [judgeExit(result.exitStatus, expectation.exit)];
  if (stdout !== undefined) {
    judgements.push(...judgeStream('stdout', result.stdout, stdout, result.dropped?.stdout));
  }
  if (stderr === undefined) return judgements;
  if (result.stderrSeparate === false) {
    judgements.push({
      ok: false,
      what: 'stderr can be judged',
      expected: 'a channel that keeps stdout and stderr apart',
      got: 'a channel that mixes them: use channel: shell or ssh',
    });
    return judgements;
  }
  judgements.push(...judgeStream('stderr', result.stderr, stderr, result.dropped?.stderr));
  return judgements;
}

function judgeExit(status: number | null, expectation: ExitExpectation): Judgement {
  return {
    ok: status !== null && isRight(status, expectation),
    what: 'exit status',
    expected: showExit(expectation),
    got: status === null ? 'none: killed by its timeout' : String(status),
  };
}

function isRight(status: number, expectation: ExitExpectation): boolean {
  if (expectation === 'any') return true;
  return expectation === 'nonzero' ? status !== 0 : expectation.oneOf.includes(status);
}

/** For messages: `0`, `0 or 2`, `nonzero`, `any`. */
export const showExit = (expectation: ExitExpectation): string =>
  typeof expectation === 'string' ? expectation : listOf(expectation.oneOf.map(String));

/** Whether one expectation held, in words. */
export interface Judgement {
  ok: boolean;
  /** What was looked at: `exit status`, `stdout contains`, … */
  what: string;
  expected: string;
  got: string;
  /** Unified diff from expected to got, where that says more than the two alone. */
  diff?: string;
}

/** Characters of a stream that a judgement quotes. */
const LONGEST_QUOTE = 2000;

/** A stream as a judgement quotes it; what is left out is said. */
export function quote(stream: string): string {
  if (stream === '') return 'nothing';
  if (stream.length <= LONGEST_QUOTE) return stream.replace(/\n$/, '');
  const half = LONGEST_QUOTE / 2;
  const left = String(stream.length - LONGEST_QUOTE);
  return `${stream.slice(0, half)}\n… ${left} characters left out …\n${stream.slice(-half).replace(/\n$/, '')}`;
}

/**
 * Judges one output stream.
 *
 * @param name `stdout` or `stderr`
 * @param dropped bytes beyond the output limit. What was not kept may hold anything: then
 *   only a `contains` or `matches` that is met counts; all else fails, and says why.
 */
export function judgeStream(
  name: string,
  stream: string,
  expectation: StreamExpectation,
  dropped = 0,
): Judgement[] {
  const cut = `${quote(stream)}\n… and ${String(dropped)} bytes beyond the output limit, not kept: raise output_limit`;
  const whole = (judgement: Judgement): Judgement =>
    dropped === 0 ? judgement : { ...judgement, ok: false, got: cut };
  const seen = (judgement: Judgement): Judgement =>
    dropped === 0 || judgement.ok ? judgement : { ...judgement, got: cut };
  return [
    ...expectation.contains.map((text) =>
      seen({
        ok: stream.includes(text),
        what: `${name} contains`,
        expected: text,
        got: quote(stream),
      }),
    ),
    ...expectation.notContains.map((text) => whole(absence(name, stream, text))),
    ...expectation.matches.map((pattern) =>
      seen({
        ok: search(pattern, stream) !== undefined,
        what: `${name} matches`,
        expected: showPattern(pattern),
        got: quote(stream),
      }),
    ),
    ...expectation.notMatches.map((pattern) => whole(noMatch(name, stream, pattern))),
    ...(expectation.equals === undefined
      ? []
      : [whole(equality(name, stream, expectation.equals))]),
    ...(expectation.json === undefined ? [] : [whole(judgeJson(name, stream, expectation.json))]),
  ];
}

const showPattern = (pattern: Pattern): string => `/${pattern.source}/${pattern.flags}`;

function absence(name: string, stream: string, text: string): Judgement {
  const at = stream.indexOf(text);
  return {
    ok: at < 0,
    what: `${name} does not contain`,
    expected: text,
    got: at < 0 ? 'not there' : `in line ${lineOf(stream, at)}`,
  };
}

function noMatch(name: string, stream: string, pattern: Pattern): Judgement {
  const found = search(pattern, stream);
  return {
    ok: found === undefined,
    what: `${name} does not match`,
    expected: showPattern(pattern),
    got:
      found === undefined
        ? 'no match'
        : `'${quote(found.text)}' in line ${lineOf(stream, found.index)}`,
  };
}

/** Number and text of the line that holds the character at `index`. */
function lineOf(stream: string, index: number): string {
  const before = stream.slice(0, index).split('\n');
  const line = stream.split('\n')[before.length - 1] ?? '';
  return `${String(before.length)}: ${quote(line)}`;
}

function equality(name: string, stream: string, text: string): Judgement {
  const plain = (value: string): string => value.replace(/\n$/, '');
  const diff = differenceOf(plain(text), plain(stream));
  const several = text.includes('\n') || plain(stream).includes('\n');
  return {
    ok: plain(stream) === plain(text),
    what: `${name} equals`,
    expected: quote(text),
    got: quote(stream),
    diff: diff === undefined || !several ? undefined : diff,
  };
}

function judgeJson(name: string, stream: string, expectation: JsonExpectation): Judgement {
  const what = `${name} is JSON that holds`;
  const asked =
    expectation.how === 'subset'
      ? expectation.value
      : Object.fromEntries(expectation.paths.map(({ path, value }) => [path, value]));
  const expected = JSON.stringify(asked);
  let document: JsonValue;
  try {
    document = JSON.parse(stream) as JsonValue;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, what, expected, got: `no JSON (${why}):\n${quote(stream)}` };
  }
  const mismatches = mismatchesOf(document, expectation);
  if (mismatches.length === 0) return { ok: true, what, expected, got: 'all of it' };
  const got = mismatches.map(
    (wrong) =>
      `${wrong.path}: ${wrong.got === undefined ? 'nothing' : JSON.stringify(wrong.got)} instead of ${JSON.stringify(wrong.expected)}`,
  );
  const diff =
    expectation.how === 'subset'
      ? differenceOf(pretty(expectation.value), pretty(askedPart(expectation.value, document)))
      : undefined;
  return { ok: false, what, expected, got: got.join('\n'), diff };
}

function mismatchesOf(document: JsonValue, expectation: JsonExpectation): JsonMismatch[] {
  if (expectation.how === 'subset') return jsonMismatches(expectation.value, document);
  return expectation.paths.flatMap(({ path, value }) =>
    jsonMismatches(value, valueAtPath(document, path), path),
  );
}

const pretty = (value: JsonValue): string => JSON.stringify(value, null, 2);

/** A place where a document is not as expected. */
export interface JsonMismatch {
  /** `$.a[0]`. */
  path: string;
  expected: JsonValue;
  /** undefined: there is nothing at the path. */
  got: JsonValue | undefined;
}

const isObject = (value: JsonValue | undefined): value is { [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Where `got` does not hold what `expected` asks: mappings may have more keys, lists must
 * have the same length and match item by item, scalars must be equal.
 */
export function jsonMismatches(
  expected: JsonValue,
  got: JsonValue | undefined,
  path = '$',
): JsonMismatch[] {
  if (isObject(expected) && isObject(got)) {
    return Object.entries(expected).flatMap(([key, value]) =>
      jsonMismatches(value, Object.hasOwn(got, key) ? got[key] : undefined, below(path, key)),
    );
  }
  if (Array.isArray(expected) && Array.isArray(got) && expected.length === got.length) {
    return expected.flatMap((value, index) =>
      jsonMismatches(value, got[index], `${path}[${String(index)}]`),
    );
  }
  const bothLists = Array.isArray(expected) && Array.isArray(got);
  return !bothLists && expected === got ? [] : [{ path, expected, got }];
}

/**
 * The part of `got` that `expected` speaks about, so that a diff of the two shows what
 * matters and not the keys that nobody asked for.
 */
export function askedPart(expected: JsonValue, got: JsonValue): JsonValue {
  if (isObject(expected) && isObject(got)) {
    const asked = Object.keys(expected).filter((key) => Object.hasOwn(got, key));
    return Object.fromEntries(
      asked.map((key) => [key, askedPart(expected[key] ?? null, got[key] ?? null)]),
    );
  }
  if (Array.isArray(expected) && Array.isArray(got)) {
    return got.map((value, index) => askedPart(expected[index] ?? null, value));
  }
  return got;
}

const below = (path: string, key: string): string =>
  /^[A-Za-z_][\w-]*$/.test(key) ? `${path}.${key}` : `${path}['${key}']`;

/** Lines of a diff that are shown; more would hide what they are meant to show. */
const MOST_LINES = 80;
/** Texts larger than this (characters, both together) are not compared line by line. */
const LARGEST = 400_000;

/**
 * What has to change in `expected` to become `got`, as a unified diff without file names:
 * `-` lines were expected, `+` lines are there. Undefined when the texts are the same or
 * too large to be worth it.
 */
export function differenceOf(expected: string, got: string): string | undefined {
  if (expected === got || expected.length + got.length > LARGEST) return undefined;
  const patch = structuredPatch('', '', ended(expected), ended(got), undefined, undefined, {
    context: 3,
    timeout: 1000,
  });
  // The library gives up, with undefined, when its time is over.
  if (patch === undefined) return undefined;
  const lines = patch.hunks.flatMap((hunk) => [
    ` -${String(hunk.oldStart)},${String(hunk.oldLines)} +${String(hunk.newStart)},${String(hunk.newLines)} `,
    ...hunk.lines,
  ]);
  const cut = lines.length - MOST_LINES;
  const shown = cut > 0 ? [...lines.slice(0, MOST_LINES), `… ${String(cut)} more lines`] : lines;
  return shown.join('\n');
}

/** With a newline at its end, which is never the difference that counts. */
const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
