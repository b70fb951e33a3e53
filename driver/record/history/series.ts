import { lastChange, median } from './change-point.js';

/** One value of a run. */
export interface Point {
  value: number;
  /** ISO 8601; empty when the ledger did not say. */
  timestamp: string;
  /** What names the run: its directory, else its id, else its line. */
  run: string;
}

/** Latest values that are kept of a series: for trends, changes and plots. */
export const RECENT = 200;
/** Values on each side of a trend. */
const TREND = 10;
/** A change below these is no news: seconds, and a share. */
const LEAST_SECONDS = 0.2;
const LEAST_SHARE = 0.1;

/** A change of level that is large enough to be told. */
export interface Change {
  before: number;
  after: number;
  /** `after / before - 1`. */
  share: number;
  /** The first run of the new level. */
  since: Point;
  p: number;
}

/** Seconds of one thing over runs, in bounded memory. */
export class Series {
  readonly #durations = new Durations();
  readonly recent: Point[] = [];

  add(point: Point): void {
    this.#durations.add(point.value);
    this.recent.push(point);
    if (this.recent.length > RECENT) this.recent.shift();
  }

  get count(): number {
    return this.#durations.count;
  }

  quantile(share: number): number | undefined {
    return this.#durations.quantile(share);
  }

  /** The median of the last ten values against that of the ten before: `0.12` is 12 % more. */
  trend(): number | undefined {
    const values = this.recent.map(({ value }) => value);
    const [last, before] = [values.slice(-TREND), values.slice(-2 * TREND, -TREND)];
    if (before.length < TREND / 2) return undefined;
    const base = median(before);
    return base === 0 ? undefined : median(last) / base - 1;
  }

  /** The last change of level among the recent values, if it is large enough to matter. */
  change(): Change | undefined {
    const found = lastChange(this.recent.map(({ value }) => value));
    const since = found === undefined ? undefined : this.recent[found.index];
    if (found === undefined || since === undefined || found.before === 0) return undefined;
    const { before, after, p } = found;
    const share = after / before - 1;
    const large = Math.abs(share) >= LEAST_SHARE && Math.abs(after - before) >= LEAST_SECONDS;
    return large ? { before, after, share, since, p } : undefined;
  }
}

/** Values that are kept as they are; more are counted in classes. */
const EXACT = 1024;
/** Classes of 1 % width: a quantile read from them is off by half of that at most. */
const STEP = Math.log(1.01);
/** Seconds; all below share a class. */
const SMALLEST = 0.001;

/**
 * Quantiles of any number of durations in bounded memory: exact up to 1,024 values, within
 * 0.5 % beyond (some two thousand classes from a millisecond to a day).
 */
export class Durations {
  #exact: number[] | undefined = [];
  readonly #classes = new Map<number, number>();
  count = 0;

  /** @param seconds not negative */
  add(seconds: number): void {
    this.count++;
    if (this.#exact === undefined) {
      this.#classify(seconds);
      return;
    }
    this.#exact.push(seconds);
    if (this.#exact.length <= EXACT) return;
    for (const value of this.#exact) this.#classify(value);
    this.#exact = undefined;
  }

  #classify(seconds: number): void {
    const index = Math.round(Math.log(Math.max(seconds, SMALLEST)) / STEP);
    this.#classes.set(index, (this.#classes.get(index) ?? 0) + 1);
  }

  /**
   * The value that a share of all values does not exceed, by the nearest rank.
   * @param share above 0, at most 1
   * @returns seconds; undefined without values
   */
  quantile(share: number): number | undefined {
    if (this.count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(share * this.count));
    if (this.#exact !== undefined) return [...this.#exact].sort((a, b) => a - b)[rank - 1];
    let below = 0;
    for (const [index, count] of [...this.#classes].sort(([a], [b]) => a - b)) {
      below += count;
      if (below >= rank) return Math.exp(index * STEP);
    }
    return undefined;
  }
}
