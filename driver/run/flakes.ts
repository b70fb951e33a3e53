import type { EventSink, Failure, RunEvent } from '../events/events.js';
import { Tally } from './stress/tally.js';

/**
 * Counts how often each scenario of a run with `--repeat` failed. Every attempt is a sample of
 * its own, so that `--retries` hides nothing. What the host or the scenario's file broke is no
 * sample of the product.
 */
export class FlakeCounter implements EventSink {
  readonly #tally: Tally;

  /** @param tally where to count; one of several runs together, or a new one */
  constructor(tally = new Tally()) {
    this.#tally = tally;
  }

  handle(event: RunEvent): void {
    if (event.type === 'scenario:start' && event.previous !== undefined) {
      this.#add(event.scenario.id, event.previous);
    } else if (event.type === 'scenario:end') {
      const { outcome, failure, scenario } = event;
      if (outcome !== 'interrupted' && outcome !== 'queued') this.#add(scenario.id, failure);
    }
  }

  #add(id: string, failure: Failure | undefined): void {
    if (failure?.class === 'infra' || failure?.class === 'scenario') return;
    this.#tally.add(baseId(id), failure !== undefined, failure?.message);
  }

  text(): string {
    return this.#tally.text().replace(/^(?=\S)/gm, 'tapboot: ');
  }
}

/** The id without the number that `--repeat` gives it. */
export const baseId = (id: string): string => id.replace(/#\d+$/, '');
