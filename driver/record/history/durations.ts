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
