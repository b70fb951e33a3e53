import type { JsonValue } from '../expectation.js';

const STEP = /^(?:\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\[(\d+)\])/;

/** Keys and indices of `$.a['b c'][0]`; undefined when it is no such path. */
export function parseJsonPath(path: string): (string | number)[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: (string | number)[] = [];
  let rest = path.slice(1);
  while (rest !== '') {
    const found = STEP.exec(rest);
    if (found === null) return undefined;
    const [whole, plain, quoted, index] = found;
    steps.push(index === undefined ? (plain ?? quoted ?? '') : Number(index));
    rest = rest.slice(whole.length);
  }
  return steps;
}

/** True for `$` followed by `.key`, `['key']` or `[0]`, any number of times. */
export const isJsonPath = (path: string): boolean => parseJsonPath(path) !== undefined;

/** The value at a path; undefined when there is none. */
export function valueAtPath(document: JsonValue, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const step of parseJsonPath(path) ?? []) {
    if (typeof step === 'number') {
      value = Array.isArray(value) ? value[step] : undefined;
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      value = Object.hasOwn(value, step) ? value[step] : undefined;
    } else {
      return undefined;
    }
  }
  return value;
}
