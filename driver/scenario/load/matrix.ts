import type { ScenarioSource } from './source.js';

/**
 * All combinations of a scenario's matrix, the first variable varying slowest. Without a
 * matrix: one, empty. A variable that the command line sets has that value alone.
 */
export function matrixOf(
  source: ScenarioSource,
  given: Readonly<Record<string, string>>,
): Record<string, string>[] {
  const { document, written } = source;
  let combinations: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries(written.matrix ?? {})) {
    const texts =
      given[name] === undefined
        ? values.map(
            (value, index) => document.writtenText(['matrix', name, index]) ?? String(value),
          )
        : [given[name]];
    combinations = combinations.flatMap((before) =>
      texts.map((text) => ({ ...before, [name]: text })),
    );
  }
  return combinations;
}

/** The most scenarios that one file makes; real ones make a few dozen. */
export const MOST_COMBINATIONS = 1000;

/** How many combinations {@link matrixOf} would give, found without making them. */
export const combinationsOf = (
  { written }: ScenarioSource,
  given: Readonly<Record<string, string>>,
): number =>
  Object.entries(written.matrix ?? {}).reduce(
    (count, [name, values]) => count * (given[name] === undefined ? values.length : 1),
    1,
  );

/** `[a=1,b=2]`, or nothing without a matrix. */
export function matrixSuffix(matrix: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(matrix).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? '' : `[${pairs.join(',')}]`;
}
