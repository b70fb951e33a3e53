import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { scenarioError, type TapbootError } from '../../errors.js';
import { asOneError, problemAt, suggestion } from '../../language/problem.js';
import type { YamlDocument } from '../../language/yaml/document.js';
import { parseYaml } from '../../language/yaml/parse.js';
import { showPath } from '../../language/yaml/path.js';
import { showValue } from '../../language/yaml/show.js';
import type { IssueEntry } from './known-issues.js';
import { knownIssuesSchema } from './schema.js';

const KEYS = {
  file: Object.keys(knownIssuesSchema.shape),
  issue: Object.keys(knownIssuesSchema.shape.issues.element.shape),
};

/**
 * Reads a file of known issues. All its mistakes are told at once, each with its place.
 * @param file absolute
 * @param shownFrom directory that messages show the file's name relative to
 * @throws TapbootError `scenario` TAPBOOT_E_KNOWN_ISSUES, TAPBOOT_E_KNOWN_ISSUES_FILE,
 *   TAPBOOT_E_YAML_…
 */
export function loadKnownIssues(file: string, shownFrom: string): IssueEntry[] {
  const inside = path.relative(shownFrom, file);
  const shown = inside.startsWith('..') ? file : inside;
  const parsed = parseYaml(shown, readText(file, shown));
  if (!parsed.ok) throw asOneError(parsed.problems);
  const { document } = parsed;
  const result = knownIssuesSchema.safeParse(document.value);
  if (!result.success) {
    throw asOneError(result.error.issues.flatMap((issue) => problemsOf(document, issue)));
  }
  return result.data.issues.map((issue, index) => {
    const span = document.valueSpan(['issues', index, 'scenario']);
    return { ...issue, at: document.location(span) };
  });
}

function readText(file: string, shown: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw scenarioError('TAPBOOT_E_KNOWN_ISSUES_FILE', `${shown} cannot be read`, {
      expected: 'a readable file of known issues',
      got: cause instanceof Error ? cause.message : String(cause),
      hint: 'Correct the path after --known-issues.',
      cause,
    });
  }
}

/** One zod issue as problems with their places in the text. */
function problemsOf(document: YamlDocument, issue: z.core.$ZodIssue): TapbootError[] {
  const at = issue.path.filter((part) => typeof part !== 'symbol');
  const code = 'TAPBOOT_E_KNOWN_ISSUES';
  if (issue.code === 'unrecognized_keys') {
    const known = at.length === 0 ? KEYS.file : KEYS.issue;
    return issue.keys.map((key) =>
      problemAt(document, document.keySpan([...at, key]), code, `unknown key '${key}'`, {
        hint: suggestion(key, known),
      }),
    );
  }
  const value = valueAt(document.value, at);
  const missing = value === undefined;
  const name = showPath(at);
  const message = missing
    ? `the key '${name}' is missing`
    : `${name} has a value that is not taken`;
  return [
    problemAt(document, document.valueSpan(at), code, message, {
      expected: expectation(String(at.at(-1) ?? ''), issue.message),
      got: showValue(value),
    }),
  ];
}

function expectation(key: string, fallback: string): string {
  const words: Record<string, string> = {
    version: 'the number 1',
    issues: 'a list of entries',
    expires: "a date, e.g. '2030-06-30'",
    intermittent: 'true or false',
  };
  if (key in words) return words[key] ?? fallback;
  return KEYS.issue.includes(key) ? 'a text of one character or more' : fallback;
}

function valueAt(value: unknown, at: readonly (string | number)[]): unknown {
  let here: unknown = value;
  for (const part of at) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<string | number, unknown>)[part];
  }
  return here;
}
