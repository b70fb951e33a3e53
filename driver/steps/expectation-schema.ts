import type {
  ExitExpectation,
  JsonExpectation,
  JsonValue,
  OutputExpectation,
  StreamExpectation,
} from '../language/expectation.js';
import type { WrittenExpectation, WrittenStream } from '../language/schema/expectations.js';
import { isMapping } from '../language/schema/rules.js';
import { isJsonPath } from '../language/expect/json-path.js';
import { showValue } from '../language/yaml/show.js';
import type { YamlPath } from '../language/yaml/path.js';
import type { StepReader } from '../language/reader.js';

/** One value, several, or none, as a list. */
export function listed<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Path of the nth item of a value that may be written with or without a list. */
export const itemPath = (path: YamlPath, written: unknown, index: number): YamlPath =>
  Array.isArray(written) ? [...path, index] : path;

/** Reads an `expect` mapping; `path` is where it stands. Absent: exit status 0. */
export function readExpectation(
  written: WrittenExpectation | undefined,
  path: YamlPath,
  reader: StepReader,
): OutputExpectation {
  const expectation: OutputExpectation = {
    exit: readExit(written?.exit, [...path, 'exit'], reader),
  };
  if (written?.stdout !== undefined) {
    expectation.stdout = readStream(written.stdout, [...path, 'stdout'], reader);
  }
  if (written?.stderr !== undefined) {
    expectation.stderr = readStream(written.stderr, [...path, 'stderr'], reader);
  }
  return expectation;
}

function readExit(
  written: WrittenExpectation['exit'],
  path: YamlPath,
  reader: StepReader,
): ExitExpectation {
  if (written === undefined) return { oneOf: [0] };
  if (written === 'nonzero' || written === 'any') return written;
  if (Array.isArray(written)) return { oneOf: written };
  return { oneOf: [reader.integer(path, written, 0, 255)] };
}

function readStream(written: WrittenStream, path: YamlPath, reader: StepReader): StreamExpectation {
  const patterns = (key: 'matches' | 'not_matches') =>
    listed(written[key]).map((source, index) =>
      reader.pattern(itemPath([...path, key], written[key], index), source),
    );
  return {
    contains: listed(written.contains),
    notContains: [...listed(written.not_contains), ...listed(written.not)],
    matches: patterns('matches'),
    notMatches: patterns('not_matches'),
    equals: written.equals,
    json: 'json' in written ? readJson(written.json, [...path, 'json'], reader) : undefined,
  };
}

function readJson(written: unknown, path: YamlPath, reader: StepReader): JsonExpectation {
  const value = asJson(written, path, reader);
  if (!isMapping(value)) return { how: 'subset', value };
  const entries = Object.entries(value as Record<string, JsonValue>);
  if (entries.length === 0 || !entries.every(([key]) => key.startsWith('$'))) {
    return { how: 'subset', value };
  }
  for (const [key] of entries) {
    if (isJsonPath(key)) continue;
    reader.wrong([...path, key], 'TAPBOOT_E_JSON_PATH', `'${key}' is not a path`, {
      expected: "$ followed by .key, ['key'] or [0], any number of times",
      got: showValue(key),
    });
  }
  return {
    how: 'paths',
    paths: entries.map(([key, expected]) => ({ path: key, value: expected })),
  };
}

/** YAML has numbers that JSON lacks. */
function asJson(written: unknown, path: YamlPath, reader: StepReader): JsonValue {
  if (written === null || typeof written === 'string' || typeof written === 'boolean') {
    return written;
  }
  if (typeof written === 'number' && Number.isFinite(written)) return written;
  if (Array.isArray(written)) {
    return written.map((item, index) => asJson(item, [...path, index], reader));
  }
  if (isMapping(written)) {
    return Object.fromEntries(
      Object.entries(written).map(([key, item]) => [key, asJson(item, [...path, key], reader)]),
    );
  }
  reader.wrong(path, 'TAPBOOT_E_SCENARIO_VALUE', 'this is no JSON value', {
    expected: 'text, a number, true, false, null, a list or a mapping',
    got: showValue(written),
  });
  return null;
}
