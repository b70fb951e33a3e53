import type { ErrorCode } from '../../error-codes.js';
import type { z } from 'zod';
import type { TapbootError } from '../../errors.js';
import { type ProblemDetails, limited, nearest, problemAt } from '../problem.js';
import type { YamlDocument } from '../yaml/document.js';
import { type YamlPath, showPath } from '../yaml/path.js';
import { listOf, shorten, showValue } from '../yaml/show.js';
import { type JsonSchema, toJsonSchema } from './json-schema.js';
import { type RuleParams, isMapping } from './rules.js';

type Issue = z.core.$ZodIssue;

/** Either the typed value, or all that is wrong with its shape. */
export type ShapeResult<T> = { ok: true; value: T } | { ok: false; problems: TapbootError[] };

/** Checks a document against a schema; every mistake is reported, at its place. */
export function checkShape<T>(document: YamlDocument, schema: z.ZodType<T>): ShapeResult<T> {
  const result = schema.safeParse(document.value);
  if (result.success) return { ok: true, value: result.data };
  const issues = essential(result.error.issues.flatMap(pickBranch).flatMap(keyByKey));
  const known = new Map<string, string[]>();
  const keysAt: KeysAt = (path) => {
    const place = JSON.stringify(path);
    const keys = known.get(place) ?? knownKeys(schema, path, document.value);
    known.set(place, keys);
    return keys;
  };
  const tell = (issue: Issue): TapbootError[] => problemsOf(issue, document, keysAt);
  return { ok: false, problems: limited(issues, document.file, tell) };
}

/** Unknown keys of one mapping that are looked at for the one that is missing. */
const MOST_NEAR = 100;

/** A longer key is no slip of the pen. */
const LONGEST_KEY = 200;

/** An issue for each unknown key. */
const keyByKey = (issue: Issue): Issue[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ ...issue, keys: [key] }))
    : [issue];

/** Leaves out what only follows from another mistake. */
function essential(issues: Issue[]): Issue[] {
  const version = issues.filter(({ path }) => path.length === 1 && path[0] === 'version');
  if (version.length > 0) return version;
  const unknown = new Map<string, string[]>();
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const place = issue.path.join('/');
    const known = unknown.get(place);
    if (known === undefined) unknown.set(place, [...issue.keys]);
    else known.push(...issue.keys);
  }
  // Of very many keys, none was meant to be another.
  const keysAt = (path: PropertyKey[]): string[] =>
    (unknown.get(path.join('/')) ?? []).slice(0, MOST_NEAR);
  return issues.filter((issue) => {
    if (issue.code === 'custom') {
      const params = issue.params as RuleParams | undefined;
      const empty =
        params?.rule === 'some-of' || (params?.rule === 'one-of' && params.present.length === 0);
      return !empty || keysAt(issue.path).length === 0;
    }
    const last = issue.path[issue.path.length - 1];
    if (issue.code === 'unrecognized_keys' || typeof last !== 'string') return true;
    // A key that is missing because it is misspelt is reported as misspelt.
    return !keysAt(issue.path.slice(0, -1)).some((key) => nearest(key, [last]) === last);
  });
}

/** {@link knownKeys} of a document, each place looked at once: a mapping may have many wrong keys. */
type KeysAt = (path: YamlPath) => string[];

function problemsOf(issue: Issue, document: YamlDocument, keysAt: KeysAt): TapbootError[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, path, document, keysAt(path)));
  }
  if (issue.code === 'invalid_key') {
    const expected = issue.issues[0]?.message ?? 'another name';
    const name = String(path[path.length - 1]);
    const span = document.keySpan(path);
    return [
      problemAt(document, span, 'TAPBOOT_E_SCENARIO_KEY', `the key '${name}' cannot stand here`, {
        expected,
        got: showValue(name),
      }),
    ];
  }
  if (issue.code === 'custom' && issue.params !== undefined) {
    return [brokenRule(issue.params as unknown as RuleParams, path, document)];
  }
  return [wrongValue(issue, path, document)];
}

function unknownKey(
  key: string,
  path: YamlPath,
  document: YamlDocument,
  keys: readonly string[],
): TapbootError {
  const near = key.length > LONGEST_KEY ? undefined : nearest(key, keys);
  return problemAt(
    document,
    document.keySpan([...path, key]),
    'TAPBOOT_E_SCENARIO_KEY',
    `unknown key '${shorten(key)}' in ${showPath(path)}`,
    {
      expected: `one of ${keyList(keys)}`,
      got: shorten(key),
      hint: near === undefined ? undefined : `did you mean '${near}'?`,
    },
  );
}

function wrongValue(issue: Issue, path: YamlPath, document: YamlDocument): TapbootError {
  const value = valueAt(document.value, path);
  const last = path[path.length - 1];
  if (value === undefined && typeof last === 'string') {
    const parent = path.slice(0, -1);
    return problemAt(
      document,
      document.valueSpan(parent),
      'TAPBOOT_E_SCENARIO_MISSING',
      `the key '${last}' is missing in ${showPath(parent)}`,
      { expected: expectedOf(issue) },
    );
  }
  const details: ProblemDetails = { expected: expectedOf(issue), got: showValue(value) };
  if (path.length === 1 && last === 'version') {
    details.hint = 'this tapboot reads version 1: update tapboot, or write version: 1';
    return problemAt(
      document,
      document.valueSpan(path),
      'TAPBOOT_E_SCENARIO_VERSION',
      'the file is of another version of the scenario language',
      details,
    );
  }
  const near = typeof value === 'string' ? nearest(value, wordsOf(issue)) : undefined;
  if (near !== undefined) details.hint = `did you mean '${near}'?`;
  const message = `${showPath(path)} has a wrong value`;
  return problemAt(
    document,
    document.valueSpan(path),
    'TAPBOOT_E_SCENARIO_VALUE',
    message,
    details,
  );
}

/** The words that would have been right, where the phrase of an issue is a list of words. */
function wordsOf(issue: Issue): string[] {
  const words = issue.message.split(/, | or /);
  return words.every((word) => /^[a-z][a-z0-9-]*$/.test(word)) ? words : [];
}

function expectedOf(issue: Issue): string {
  if (issue.code === 'invalid_type' && ['object', 'record'].includes(issue.expected)) {
    return 'a mapping';
  }
  return issue.message;
}

type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/**
 * A union's issue tells what is wrong with each of its alternatives. For people only the
 * one that was meant counts: the alternative for a value of that type. Unions of plain
 * words and numbers carry their own phrase instead and are left as they are.
 */
export function pickBranch(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return [issue];
  const meant = meantBranch(issue);
  if (meant === undefined) {
    return [{ ...issue, message: alternatives(issue) }];
  }
  return meant.flatMap((inner) => pickBranch({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The only alternative whose own type the value has. */
function meantBranch(issue: UnionIssue): Issue[] | undefined {
  const fitting = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.path.length === 0 && isTypeIssue(inner)),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

const isTypeIssue = (issue: Issue): boolean =>
  issue.code === 'invalid_type' || issue.code === 'invalid_value';

/** What the alternatives expect, e.g. `a command, or a mapping`. */
function alternatives(issue: UnionIssue): string {
  const phrases = issue.errors.map((branch) => {
    const [first] = branch;
    if (first === undefined) return '';
    if (first.code === 'invalid_type' && first.expected === 'object') return 'a mapping';
    if (first.code === 'invalid_type' && first.expected === 'array') return 'a list';
    return first.message;
  });
  const named = phrases.some((phrase) => /a mapping ./.test(phrase));
  const different = [...new Set(phrases)].filter((phrase) => !named || phrase !== 'a mapping');
  return different.join(', or ');
}

/** The problem of a rule about which keys stand together. */
export function brokenRule(
  params: RuleParams,
  path: YamlPath,
  document: YamlDocument,
): TapbootError {
  const make = (
    message: string,
    details: ProblemDetails,
    span = document.valueSpan(path),
    code: ErrorCode<'scenario'> = 'TAPBOOT_E_SCENARIO_CONFLICT',
  ) => problemAt(document, span, code, message, details);
  switch (params.rule) {
    case 'one-of': {
      const { noun, keys, present } = params;
      const [, second] = present;
      const got = present.length === 0 ? mappingKeys(document, path) : present;
      const near = present.length > 0 ? undefined : nearestPair(got, keys);
      return make(
        present.length === 0
          ? `${noun} needs one of these keys`
          : `${noun} can have only one of these keys`,
        {
          expected: `exactly one of ${keyList(keys)}`,
          got: got.length === 0 ? 'none' : listOf(got, 'and'),
          hint: near === undefined ? undefined : `did you mean '${near}'?`,
        },
        second === undefined ? document.valueSpan(path) : document.keySpan([...path, second]),
        'TAPBOOT_E_SCENARIO_KIND',
      );
    }
    case 'some-of':
      return make(`${showPath(path)} asks for nothing`, {
        expected: `at least one of ${keyList(params.keys)}`,
        got: showValue(valueAt(document.value, path)),
      });
    case 'twice':
      return make(
        `'${params.key}' is given twice`,
        {
          expected: `'${params.key}' beside '${params.inner}' or inside it`,
          got: 'both',
          hint: 'remove one of the two',
        },
        document.keySpan(path),
      );
    case 'not-with':
      return make(
        `'${params.key}' cannot stand with '${params.other}'`,
        { expected: params.why, got: 'both' },
        document.keySpan(path),
      );
    case 'gap':
      return make(
        `disk ${params.before} without ${params.missing}`,
        { expected: 'disks from vda on, without gaps', got: params.before },
        document.keySpan(path),
      );
  }
}

/** The first key that is nearly one of `keys`, as it was meant. */
function nearestPair(got: readonly string[], keys: readonly string[]): string | undefined {
  for (const key of got) {
    const near = nearest(key, keys);
    if (near !== undefined) return near;
  }
  return undefined;
}

function mappingKeys(document: YamlDocument, path: YamlPath): string[] {
  const value = valueAt(document.value, path);
  return isMapping(value) ? Object.keys(value) : [];
}

/** The value at a path of plain data. */
export function valueAt(value: unknown, path: YamlPath): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string | number, unknown>)[part];
  }
  return found;
}

/** Keys for a message; the twenty-six disks as one. */
export function keyList(keys: readonly string[]): string {
  const disks = keys.filter((key) => /^vd[a-z]$/.test(key));
  if (disks.length < 26) return keys.join(', ');
  return ['vda to vdz', ...keys.filter((key) => !disks.includes(key))].join(', ');
}

const made = new WeakMap<z.ZodType, JsonSchema>();

/** Made once: a file may have a hundred mistakes. */
function jsonOf(schema: z.ZodType): JsonSchema {
  const json = made.get(schema) ?? toJsonSchema(schema);
  made.set(schema, json);
  return json;
}

/**
 * The keys that may stand in the mapping at `path` of `value`, read from the JSON Schema:
 * of alternatives, those of the one that has the most keys in common with the value.
 */
export function knownKeys(schema: z.ZodType, path: YamlPath, value: unknown): string[] {
  let places: { schema: JsonSchema; value: unknown }[] = [{ schema: jsonOf(schema), value }];
  for (const part of path) {
    places = places
      .flatMap((place) => closest(expand(place.schema), place.value))
      .flatMap((found) => below(found.schema, found.value, part));
  }
  const mappings = places.flatMap((place) => closest(expand(place.schema), place.value));
  return [...new Set(mappings.flatMap((found) => Object.keys(found.schema.properties ?? {})))];
}

/** A schema and its alternatives, as one flat list of those that are mappings or lists. */
function expand(schema: JsonSchema): JsonSchema[] {
  const alternatives = (schema.anyOf ?? []).flatMap((branch) => expand(branch));
  return [...(schema.type === undefined ? [] : [schema]), ...alternatives];
}

function closest(schemas: JsonSchema[], value: unknown) {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const shared = (schema: JsonSchema): number => {
    const own = schema.properties ?? {};
    const required = (schema.required ?? []).filter((key) => keys.includes(key)).length;
    return keys.filter((key) => key in own).length + required;
  };
  const most = Math.max(0, ...schemas.map(shared));
  return schemas.filter((schema) => shared(schema) === most).map((schema) => ({ schema, value }));
}

function below(schema: JsonSchema, value: unknown, part: string | number) {
  const next =
    typeof part === 'number'
      ? schema.items
      : (schema.properties?.[part] ?? schema.additionalProperties);
  if (next === undefined || typeof next === 'boolean' || Array.isArray(next)) return [];
  const inner =
    typeof value === 'object' && value !== null
      ? (value as Record<string | number, unknown>)[part]
      : undefined;
  return [{ schema: next, value: inner }];
}
