import type { JsonValue } from '../expectation.js';

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
