/** Where a series changed its level. */
export interface ChangePoint {
  /** Index of the first value of the new level. */
  index: number;
  /** Medians of the levels on both sides. */
  before: number;
  after: number;
  /** Probability of a change as large as this where there is none (approximate). */
  p: number;
}

/** Values that a level needs to be one. */
const LEVEL = 5;
const SIGNIFICANT = 0.01;

/**
 * The last change of level in a series, by Pettitt's test (A. N. Pettitt, 1979: a rank test,
 * so that single outliers, which VM runs on shared machines are full of, weigh no more than any
 * other value). After a change the rest of the series is searched again.
 * @returns undefined when the series keeps its level, or is too short to tell
 */
export function lastChange(values: readonly number[]): ChangePoint | undefined {
  let found: ChangePoint | undefined;
  let start = 0;
  for (;;) {
    const change = pettitt(values.slice(start));
    if (change === undefined) return found;
    found = { ...change, index: start + change.index };
    start = found.index;
  }
}

function pettitt(values: readonly number[]): ChangePoint | undefined {
  const n = values.length;
  if (n < 2 * LEVEL) return undefined;
  const ranks = rank(values);
  let sum = 0;
  let [largest, index] = [0, 0];
  for (let k = 1; k <= n - LEVEL; k++) {
    sum += ranks[k - 1] ?? 0;
    const u = Math.abs(2 * sum - k * (n + 1));
    if (k >= LEVEL && u > largest) [largest, index] = [u, k];
  }
  const p = Math.min(1, 2 * Math.exp((-6 * largest ** 2) / (n ** 3 + n ** 2)));
  if (index === 0 || p >= SIGNIFICANT) return undefined;
  const exact = sharpened(values, index);
  return {
    index: exact,
    p,
    before: median(values.slice(0, exact)),
    after: median(values.slice(exact)),
  };
}

/**
 * The test says that there is a change, and about where: an extreme value beside it moves
 * its maximum. The place near it at which both levels fit best is the one to name.
 */
function sharpened(values: readonly number[], about: number): number {
  const from = Math.max(LEVEL, about - LEVEL);
  const to = Math.min(values.length - LEVEL, about + LEVEL);
  let best = { index: about, misfit: Number.POSITIVE_INFINITY };
  for (let index = from; index <= to; index++) {
    const misfit = spread(values.slice(0, index)) + spread(values.slice(index));
    if (misfit < best.misfit) best = { index, misfit };
  }
  return best.index;
}

/** Sum of the distances from the median. */
function spread(values: readonly number[]): number {
  const middle = median(values);
  return values.reduce((sum, one) => sum + Math.abs(one - middle), 0);
}

/** Ranks from 1; equal values share the mean of theirs. */
function rank(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => value(values, a) - value(values, b));
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length;) {
    let to = from;
    const here = value(values, order[from]);
    while (to < order.length && value(values, order[to]) === here) to++;
    for (const index of order.slice(from, to)) ranks[index] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

const value = (values: readonly number[], index: number | undefined): number =>
  values[index ?? -1] ?? 0;

/** The middle value, or the mean of the two middle ones; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
