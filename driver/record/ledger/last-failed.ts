import { readLedger } from './read.js';
import type { ScenarioKey } from './history.js';

/** A repetition (`--repeat`) is the scenario once more. */
const withoutNumber = (id: string): string => id.replace(/#\d+$/, '');

const key = (file: string, id: string): string => JSON.stringify([file, withoutNumber(id)]);

/**
 * Reads out of a ledger which scenarios failed in the last run that had a verdict on them. Of
 * several executions in one run, one that failed is enough. What was queued, interrupted or not
 * run has no verdict; a flaky pass is a pass, and a known failure is none.
 */
export async function readLastFailed(
  ledger: string,
): Promise<(scenario: Pick<ScenarioKey, 'id' | 'file'>) => boolean> {
  const failed = new Map<string, boolean>();
  for await (const record of readLedger(ledger)) {
    if (record.kind === 'bad') continue;
    const ofRun = new Map<string, boolean>();
    for (const { file, id, name, outcome } of record.run.scenarios) {
      if (!VERDICTS.has(outcome)) continue;
      const scenario = key(file, id ?? name);
      ofRun.set(scenario, outcome === 'failed' || ofRun.get(scenario) === true);
    }
    for (const [scenario, verdict] of ofRun) failed.set(scenario, verdict);
  }
  return ({ file, id }) => failed.get(key(file, id)) === true;
}

const VERDICTS: ReadonlySet<string | undefined> = new Set(['passed', 'flaky', 'known', 'failed']);
