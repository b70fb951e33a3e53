import { problemAt, suggestion, type Report } from '../problem.js';
import type { Span, YamlDocument } from '../yaml/document.js';
import type { YamlPath } from '../yaml/path.js';
import type { Scope } from './scope.js';

/** `$${`, a reference, or a `${` that is none. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][\w.-]*)\}|\$\{/g;

/**
 * Fills in the variables of all texts in `value` (keys are left alone) and returns a
 * copy of the same shape. `$${` gives `${`. What cannot be filled in is reported at its
 * place and left as it is.
 *
 * @param path place of `value` in the document
 * @returns the copy, and whether all could be filled in
 */
export function substitute<T>(
  value: T,
  path: YamlPath,
  document: YamlDocument,
  scope: Scope,
  report: Report,
): { value: T; complete: boolean } {
  let complete = true;
  const fail: Report = (problem) => {
    complete = false;
    report(problem);
  };
  const walk = (part: unknown, place: YamlPath): unknown => {
    if (typeof part === 'string') return fillIn(part, place, document, scope, fail);
    if (Array.isArray(part)) return part.map((item, index) => walk(item, [...place, index]));
    if (typeof part === 'object' && part !== null) {
      return Object.fromEntries(
        Object.entries(part).map(([key, item]) => [key, walk(item, [...place, key])]),
      );
    }
    return part;
  };
  return { value: walk(value, path) as T, complete };
}

function fillIn(
  text: string,
  path: YamlPath,
  document: YamlDocument,
  scope: Scope,
  report: Report,
): string {
  let occurrence = 0;
  return text.replace(REFERENCE, (written: string, name: string | undefined) => {
    if (written === '$${') return '${';
    const nth = occurrence;
    occurrence += 1;
    const value = name === undefined ? undefined : scope.get(name);
    if (value !== undefined) return value;
    const span = referenceSpan(document, path, nth);
    report(name === undefined ? malformed(document, span) : unknown(document, span, name, scope));
    return written;
  });
}

/** Where the nth `${` (escaped ones not counted) of a scalar stands in the source. */
function referenceSpan(document: YamlDocument, path: YamlPath, nth: number): Span {
  const whole = document.valueSpan(path);
  const source = document.text.slice(whole.start, whole.end);
  const found = [...source.matchAll(REFERENCE)].filter(([written]) => written !== '$${')[nth];
  if (found === undefined) return whole;
  const start = whole.start + found.index;
  return { start, end: start + found[0].length };
}

const malformed = (document: YamlDocument, span: Span) =>
  problemAt(document, span, 'TAPBOOT_E_VARIABLE_SYNTAX', "'${' begins no variable's name", {
    expected: '${name}',
    hint: 'for a ${ that the guest’s shell is to see, write $${',
  });

function unknown(document: YamlDocument, span: Span, name: string, scope: Scope) {
  const known = scope.names();
  const near = suggestion(name, known);
  return problemAt(
    document,
    span,
    'TAPBOOT_E_VARIABLE_UNDEFINED',
    `there is no variable '${name}'`,
    {
      expected:
        known.length === 0 ? 'a variable (none is defined)' : `a variable: ${known.join(', ')}`,
      got: name,
      hint: near.startsWith('did you mean')
        ? near
        : `define it under variables, give --var ${name}=VALUE, or write $\${${name}} if the guest’s shell is to see it`,
    },
  );
}
