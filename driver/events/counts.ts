import type { ScenarioOutcome } from './events.js';

/** How many scenarios ended how: none yet. */
export const noCounts = (): Record<ScenarioOutcome, number> => ({
  passed: 0,
  flaky: 0,
  known: 0,
  failed: 0,
  queued: 0,
  'not-run': 0,
  interrupted: 0,
});
