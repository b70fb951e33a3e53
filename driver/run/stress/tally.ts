/** How a scenario fared in many runs. */
export interface TallyRow {
  scenario: string;
  /** Verdicts: what was queued, interrupted or broken by the host is none. */
  runs: number;
  /** Of them, those that did not pass at the first attempt. */
  failures: number;
  /** Clopper-Pearson, 95 %. */
  interval: Interval;
  /** One sentence. */
  text: string;
  /** What was told of the failures, with how often; most frequent first. */
  messages: { message: string; count: number }[];
}

/** Counts verdicts by scenario. */
export class Tally {
  readonly #rows = new Map<string, { runs: number; failures: number; messages: string[] }>();

  add(scenario: string, failed: boolean, message?: string): void {
    const row = this.#rows.get(scenario) ?? { runs: 0, failures: 0, messages: [] };
    this.#rows.set(scenario, row);
    row.runs++;
    if (failed) row.failures++;
    if (message !== undefined) row.messages.push(message);
  }

  rows(): TallyRow[] {
    return [...this.#rows].map(([scenario, { runs, failures, messages }]) => {
      const counts = new Map<string, number>();
      for (const message of messages) counts.set(message, (counts.get(message) ?? 0) + 1);
      return {
        scenario,
        runs,
        failures,
        interval: clopperPearson(failures, runs),
        text: rateSentence(failures, runs),
        messages: [...counts]
          .map(([message, count]) => ({ message, count }))
          .sort((a, b) => b.count - a.count),
      };
    });
  }

  /** A paragraph a scenario, each line ended. */
  text(): string {
    return this.rows()
      .map(({ scenario, text, messages }) => {
        const told = messages.map(({ message, count }) => `  ${String(count)} × ${message}\n`);
        return `${scenario}: ${text}\n${told.join('')}`;
      })
      .join('');
  }
}

/** A range of a rate, both ends between 0 and 1. */
export interface Interval {
  low: number;
  high: number;
}

/**
 * Clopper-Pearson: the exact interval of a rate after `failures` in `runs`. It never promises
 * more than it holds, at any sample size and for rates near 0, where approximations (Wald, and to
 * a degree Wilson) do. Two-sided; where nothing or all failed, one side is certain and the
 * whole of the doubt goes to the other.
 *
 * @param confidence e.g. 0.95
 */
export function clopperPearson(failures: number, runs: number, confidence = 0.95): Interval {
  if (runs === 0) return { low: 0, high: 1 };
  const doubt = 1 - confidence;
  if (failures === 0) return { low: 0, high: 1 - doubt ** (1 / runs) };
  if (failures === runs) return { low: doubt ** (1 / runs), high: 1 };
  return {
    // At the low end, so many failures or more are just too unlikely; at the high end, so few.
    low: solve((rate) => 1 - cumulative(failures - 1, runs, rate) - doubt / 2),
    high: solve((rate) => doubt / 2 - cumulative(failures, runs, rate)),
  };
}

/** The zero of a function that grows from below 0 to above 0 over [0, 1]. */
function solve(growing: (rate: number) => number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (growing(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability of at most `most` failures in `runs` at this rate (binomial). */
function cumulative(most: number, runs: number, rate: number): number {
  if (rate <= 0) return 1;
  if (rate >= 1) return most >= runs ? 1 : 0;
  // In logarithms: the first factor alone underflows at some thousand runs.
  let term = runs * Math.log1p(-rate);
  const odds = Math.log(rate) - Math.log1p(-rate);
  let sum = Math.exp(term);
  for (let count = 1; count <= most; count++) {
    term += Math.log((runs - count + 1) / count) + odds;
    sum += Math.exp(term);
  }
  return Math.min(1, sum);
}

const percent = (rate: number): string => `${(rate * 100).toFixed(1)} %`;

/** The finding as one sentence: `0 of 50 failed: with 95 % confidence it fails in fewer than …`. */
export function rateSentence(failures: number, runs: number, confidence = 0.95): string {
  const counted = `${String(failures)} of ${String(runs)} failed`;
  if (runs === 0) return `${counted}: nothing can be said`;
  const { low, high } = clopperPearson(failures, runs, confidence);
  const sure = `with ${String(Math.round(confidence * 100))} % confidence it fails in`;
  if (failures === 0) return `${counted}: ${sure} fewer than ${percent(high)} of runs`;
  if (failures === runs) return `${counted}: ${sure} more than ${percent(low)} of runs`;
  const rate = percent(failures / runs);
  return `${counted} (${rate}): ${sure} ${percent(low)} to ${percent(high)} of runs`;
}
