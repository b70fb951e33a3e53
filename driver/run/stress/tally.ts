import { clopperPearson, rateSentence, type Interval } from './confidence.js';

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
