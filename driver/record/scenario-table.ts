import type { MachineOrigin, RunEvent } from '../events/events.js';
import type { LedgerScenarioLine } from './ledger/ledger-schema.js';
import { roundSeconds } from './vm-table.js';

/** Collects how each scenario of a run ended, in the run's order. */
export class ScenarioTable {
  readonly #rows = new Map<string, LedgerScenarioLine>();
  readonly origins = new Map<string, MachineOrigin>();

  take(event: RunEvent): void {
    if (event.type === 'run:start') {
      // Reserves the order; a scenario that never gets further says so by its outcome.
      for (const { id, name, file } of event.scenarios) {
        this.#rows.set(id, { id, name, file, outcome: 'interrupted' });
      }
    } else if (event.type === 'scenario:machine') {
      this.origins.set(event.scenario.id, event.origin);
    } else if (event.type === 'scenario:queued') {
      const { id, name, file } = event.scenario;
      this.#rows.set(id, { id, name, file, outcome: 'queued' });
    } else if (event.type === 'scenario:end') {
      const { id, name, file } = event.scenario;
      const origin = event.origin ?? this.origins.get(id);
      this.#rows.set(id, {
        id,
        name,
        file,
        outcome: event.outcome,
        class: event.failure?.class,
        seconds: roundSeconds(event.durationMs / 1000),
        start: origin?.kind,
      });
    }
  }

  rows(): LedgerScenarioLine[] {
    return [...this.#rows.values()];
  }
}
