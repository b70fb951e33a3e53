import type { z } from 'zod';
import { nearest, problemAt, type ProblemDetails } from '../problem.js';
import type { TapbootError } from '../../errors.js';
import type { YamlDocument } from '../yaml/document.js';
import type { YamlPath } from '../yaml/path.js';
import { showPath } from '../yaml/path.js';
import { listOf, showValue } from '../yaml/show.js';
import { pickBranch } from './branch.js';
import { knownKeys } from './known-keys.js';
import { isMapping, type RuleParams } from './rules.js';

type Issue = z.core.$ZodIssue;

/** Either the typed value, or all that is wrong with its shape. */
export type ShapeResult<T> = { ok: true; value: T } | { ok: false; problems: TapbootError[] };

/** Checks a document against a schema; every mistake is reported, at its place. */
export function checkShape<T>(document: YamlDocument, schema: z.ZodType<T>): ShapeResult<T> {
  const result = schema.safeParse(document.value);
  if (result.success) return { ok: true, value: result.data };
  const issues = result.error.issues.flatMap(pickBranch);
  return { ok: false, problems: issues.flatMap((issue) => problemsOf(issue, document, schema)) };
}

function problemsOf(issue: Issue, document: YamlDocument, schema: z.ZodType): TapbootError[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, path, document, schema));
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
    return [brokenRule(issue.params as RuleParams, path, document)];
  }
  return [wrongValue(issue, path, document)];
}

function unknownKey(key: string, path: YamlPath, document: YamlDocument, schema: z.ZodType) {
  const keys = knownKeys(schema, path, document.value);
  const near = nearest(key, keys);
  return problemAt(
    document,
    document.keySpan([...path, key]),
    'TAPBOOT_E_SCENARIO_KEY',
    `unknown key '${key}' in ${showPath(path)}`,
    {
      expected: `one of ${keys.join(', ')}`,
      got: key,
      ...(near === undefined ? {} : { hint: `did you mean '${near}'?` }),
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
  const message = `${showPath(path)} has a wrong value`;
  return problemAt(
    document,
    document.valueSpan(path),
    'TAPBOOT_E_SCENARIO_VALUE',
    message,
    details,
  );
}

function expectedOf(issue: Issue): string {
  if (issue.code === 'invalid_type' && ['object', 'record'].includes(issue.expected)) {
    return 'a mapping';
  }
  return issue.message;
}

function brokenRule(params: RuleParams, path: YamlPath, document: YamlDocument): TapbootError {
  const make = (
    message: string,
    details: ProblemDetails,
    span = document.valueSpan(path),
    code: `TAPBOOT_E_${string}` = 'TAPBOOT_E_SCENARIO_CONFLICT',
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
          expected: `exactly one of ${keys.join(', ')}`,
          got: got.length === 0 ? 'none' : listOf(got, 'and'),
          ...(near === undefined ? {} : { hint: `did you mean '${near}'?` }),
        },
        second === undefined ? document.valueSpan(path) : document.keySpan([...path, second]),
        'TAPBOOT_E_SCENARIO_KIND',
      );
    }
    case 'some-of':
      return make(`${showPath(path)} asks for nothing`, {
        expected: `at least one of ${params.keys.join(', ')}`,
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

function valueAt(value: unknown, path: YamlPath): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string | number, unknown>)[part];
  }
  return found;
}
