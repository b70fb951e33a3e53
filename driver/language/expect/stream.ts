import type { JsonExpectation, JsonValue, Pattern, StreamExpectation } from '../expectation.js';
import { differenceOf } from './difference.js';
import { valueAtPath } from './json-path.js';
import { askedPart, jsonMismatches, type JsonMismatch } from './json-subset.js';
import { quote, type Judgement } from './judgement.js';

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
        ok: new RegExp(pattern.source, pattern.flags).test(stream),
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
  const found = new RegExp(pattern.source, pattern.flags).exec(stream);
  return {
    ok: found === null,
    what: `${name} does not match`,
    expected: showPattern(pattern),
    got:
      found === null ? 'no match' : `'${quote(found[0])}' in line ${lineOf(stream, found.index)}`,
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
  return {
    ok: false,
    what,
    expected,
    got: got.join('\n'),
    diff,
  };
}

function mismatchesOf(document: JsonValue, expectation: JsonExpectation): JsonMismatch[] {
  if (expectation.how === 'subset') return jsonMismatches(expectation.value, document);
  return expectation.paths.flatMap(({ path, value }) =>
    jsonMismatches(value, valueAtPath(document, path), path),
  );
}

const pretty = (value: JsonValue): string => JSON.stringify(value, null, 2);
