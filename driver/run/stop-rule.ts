import type { ScenarioOutcome } from '../events/events.js';
import type { RunSettings } from './settings.js';

/** Why a run begins no further scenario, and what becomes of those that are left. */
export interface Stop {
  /** `queued`: `--resume` runs them. */
  left: 'not-run' | 'queued';
  /** One line for the reports. */
  reason: string;
}

/**
 * When a run begins nothing more: after so many failures (`--max-failures`), or after some time
 * (`--time-limit`). What has begun goes on to its end, further attempts of `--retries` included:
 * without them it would have another verdict. The first reason stays.
 */
export class StopRule {
  readonly #settings: Pick<RunSettings, 'maxFailures' | 'timeLimitMs'>;
  #failures = 0;
  #stop: Stop | undefined;

  constructor(settings: Pick<RunSettings, 'maxFailures' | 'timeLimitMs'>) {
    this.#settings = settings;
  }

  /** A scenario has ended. Flaky passes and known failures are no failures. */
  ended(outcome: ScenarioOutcome): void {
    if (outcome === 'failed') this.#failures++;
  }

  /**
   * Asked before each scenario.
   * @param elapsedMs since the run began
   */
  stop(elapsedMs: number): Stop | undefined {
    const { maxFailures, timeLimitMs } = this.#settings;
    if (this.#stop === undefined && this.#failures >= (maxFailures ?? Infinity)) {
      const count = maxFailures === 1 ? '1 failure' : `${String(maxFailures)} failures`;
      this.#stop = { left: 'not-run', reason: `the run stopped after ${count} (--max-failures)` };
    }
    if (this.#stop === undefined && elapsedMs >= (timeLimitMs ?? Infinity)) {
      const seconds = String((timeLimitMs ?? 0) / 1000);
      this.#stop = {
        left: 'queued',
        reason: `the time limit of ${seconds} s was over (--time-limit)`,
      };
    }
    return this.#stop;
  }
}
