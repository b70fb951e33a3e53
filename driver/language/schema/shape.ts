import type { z } from 'zod';
import { nearest, problemAt, type ProblemDetails } from '../problem.js';
import type { TapbootError } from '../../errors.js';
import type { YamlDocument } from '../yaml/document.js';
import type { YamlPath } from '../yaml/path.js';
import { showPath } from '../yaml/path.js';
import { showValue } from '../yaml/show.js';
import { pickBranch } from './branch.js';
import { knownKeys } from './known-keys.js';
import { brokenRule, keyList, valueAt } from './broken-rule.js';
import type { RuleParams } from './rules.js';

type Issue = z.core.$ZodIssue;

/** Either the typed value, or all that is wrong with its shape. */
export type ShapeResult<T> = { ok: true; value: T } | { ok: false; problems: TapbootError[] };

/** Checks a document against a schema; every mistake is reported, at its place. */
export function checkShape<T>(document: YamlDocument, schema: z.ZodType<T>): ShapeResult<T> {
  const result = schema.safeParse(document.value);
  if (result.success) return { ok: true, value: result.data };
  const issues = essential(result.error.issues.flatMap(pickBranch));
  return { ok: false, problems: issues.flatMap((issue) => problemsOf(issue, document, schema)) };
}

/** Leaves out what only follows from another mistake. */
function essential(issues: Issue[]): Issue[] {
  const version = issues.filter(({ path }) => path.length === 1 && path[0] === 'version');
  if (version.length > 0) return version;
  const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
  const keysAt = (path: PropertyKey[]): string[] =>
    unknown.flatMap((issue) => (issue.path.join('/') === path.join('/') ? issue.keys : []));
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
    return [brokenRule(issue.params as unknown as RuleParams, path, document)];
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
      expected: `one of ${keyList(keys)}`,
      got: key,
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
