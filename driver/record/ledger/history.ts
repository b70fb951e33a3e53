import { readLedger } from './read.js';

/** Passes that a projection looks back on. */
export const HISTORY_SAMPLES = 10;

/** What names a scenario across runs. */
export interface ScenarioKey {
  id: string;
  name: string;
  file: string;
}

/** Durations of past passes. */
export interface History {
  /** Seconds of the last passes of a scenario, oldest first; empty when it never passed. */
  passes(scenario: ScenarioKey): readonly number[];
  /** Lines that could not be read: number and reason. */
  badLines: { line: number; reason: string }[];
}

/**
 * A key survives other scenarios' coming and going. The id tells the members of a
 * matrix apart; lines without one are found by their name.
 */
const key = (file: string, name: string): string => JSON.stringify([file, name]);

/** A history without any past. */
export const NO_HISTORY: History = { passes: () => [], badLines: [] };

/**
 * Reads the durations of passes out of a ledger. A `flaky` pass counts: its time is what
 * the scenario took. Keeps the last `samples` of each scenario, not the ledger.
 * @param ledger undefined when the ledger is switched off
 */
export async function readHistory(
  ledger: string | undefined,
  samples = HISTORY_SAMPLES,
): Promise<History> {
  if (ledger === undefined) return NO_HISTORY;
  const seconds = new Map<string, number[]>();
  const badLines: History['badLines'] = [];
  for await (const record of readLedger(ledger)) {
    if (record.kind === 'bad') {
      badLines.push({ line: record.line, reason: record.reason });
      continue;
    }
    for (const past of record.run.scenarios) {
      if (past.seconds === undefined || past.seconds < 0) continue;
      if (past.outcome !== 'passed' && past.outcome !== 'flaky') continue;
      const known = key(past.file, past.id ?? past.name);
      const kept = seconds.get(known) ?? [];
      kept.push(past.seconds);
      if (kept.length > samples) kept.shift();
      seconds.set(known, kept);
    }
  }
  return {
    passes: ({ file, id, name }) =>
      seconds.get(key(file, id)) ?? seconds.get(key(file, name)) ?? [],
    badLines,
  };
}
