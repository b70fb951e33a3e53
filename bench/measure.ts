/** What some repetitions of one thing took. Seconds, unless the name says otherwise. */
export interface Sample {
  median: number;
  /** Smallest and largest. */
  min: number;
  max: number;
  /** Median absolute deviation: half of the values lie within this of the median. */
  spread: number;
  values: number[];
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** @throws RangeError for no values at all */
export function sampleOf(values: readonly number[]): Sample {
  const sorted = ascending(values);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new RangeError('nothing was measured');
  const median = medianOf(sorted);
  const spread = medianOf(ascending(sorted.map((value) => Math.abs(value - median))));
  return { median, min, max, spread, values: [...values] };
}

/** Seconds that `work` takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/**
 * Measures several things in turn, again and again: a machine that gets slower meanwhile
 * slows all of them alike, and ratios hold.
 * @param things each returns the seconds that count
 */
export async function inTurns<Name extends string>(
  repetitions: number,
  things: Record<Name, () => Promise<number>>,
): Promise<Record<Name, Sample>> {
  const names = Object.keys(things) as Name[];
  const values = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < repetitions; round++) {
    for (const name of names) values.get(name)?.push(await things[name]());
  }
  return Object.fromEntries(
    names.map((name) => [name, sampleOf(values.get(name) ?? [])]),
  ) as Record<Name, Sample>;
}
