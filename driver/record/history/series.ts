import { lastChange, median } from './change-point.js';
import { Durations } from './durations.js';

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
