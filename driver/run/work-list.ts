import type { ScenarioRef } from '../events/events.js';
import type { Scenario } from '../scenario/index.js';

/** Options of {@link WorkList}. */
export interface WorkListOptions {
  first: readonly PlannedScenario[];
  /** Measured seconds of a scenario; undefined when it never passed. */
  seconds: (planned: PlannedScenario) => number | undefined;
  /** Who takes from the list; one worker gets the scenarios in their own order. */
  workers: number;
  /** Whether a scenario would wait for the boot that another one, under way, is making. */
  waitsForBootOf?: (planned: PlannedScenario, running: PlannedScenario) => boolean;
  /** Asked whenever nothing is left to begin: what else may run by now. */
  more: () => readonly PlannedScenario[];
}

/** The sum of the timeouts, the only thing known of a scenario that has never been measured. */
const patience = ({ scenario: { steps } }: PlannedScenario): number =>
  steps.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);

/**
 * What is still to be run, for any number of workers. The longest go first, so that none of
 * them is begun when the others are done already; what has never been measured goes
 * before that, by its timeouts. A scenario that starts from another's checkpoint waits for that one's end.
 */
export class WorkList {
  readonly #options: WorkListOptions;
  #waiting: PlannedScenario[];
  readonly #running = new Set<PlannedScenario>();
  /** Those who wait for another scenario to end. */
  #sleepers: (() => void)[] = [];

  constructor(options: WorkListOptions) {
    this.#options = options;
    this.#waiting = this.#sorted(options.first);
  }

  #sorted(planned: readonly PlannedScenario[]): PlannedScenario[] {
    const { seconds, workers } = this.#options;
    if (workers === 1) return [...planned];
    const known = (one: PlannedScenario): number => seconds(one) ?? Number.MAX_VALUE;
    return [...planned].sort((a, b) => known(b) - known(a) || patience(b) - patience(a));
  }

  /** The next scenario to begin; undefined when nothing more will come. */
  async take(): Promise<PlannedScenario | undefined> {
    for (;;) {
      if (this.#waiting.length === 0) this.#waiting = this.#sorted(this.#options.more());
      const index = this.#next();
      const [next] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (next !== undefined) {
        this.#running.add(next);
        return next;
      }
      if (this.#running.size === 0) return this.#waiting.shift();
      if (this.#waiting.length === 0) return undefined;
      await new Promise<void>((resolve) => this.#sleepers.push(resolve));
    }
  }

  /** Who would be next, as far as that is known now. */
  peek(): PlannedScenario | undefined {
    return this.#waiting[this.#next()];
  }

  /** Place of the next scenario to begin: who would only wait for a boot lets the others pass. */
  #next(): number {
    const { waitsForBootOf } = this.#options;
    const open = (planned: PlannedScenario): boolean => !this.#waitsFor(planned);
    const free = this.#waiting.findIndex(
      (planned) =>
        open(planned) && ![...this.#running].some((other) => waitsForBootOf?.(planned, other)),
    );
    return free < 0 ? this.#waiting.findIndex(open) : free;
  }

  /** Takes out all that has not begun: nothing more is to begin. */
  close(): PlannedScenario[] {
    return this.#waiting.splice(0);
  }

  /** To be called once for each scenario taken, however it ended. */
  end(planned: PlannedScenario): void {
    this.#running.delete(planned);
    for (const wake of this.#sleepers.splice(0)) wake();
  }

  /** True while the scenario whose checkpoint is needed is still to come, or under way. */
  #waitsFor({ scenario }: PlannedScenario): boolean {
    const source = scenario.from?.scenario;
    if (source === undefined) return false;
    return [...this.#waiting, ...this.#running].some((other) => other.scenario.id === source);
  }
}

/** One execution of a scenario in this run. */
export interface PlannedScenario {
  scenario: Scenario;
  /** The scenario's own names; with `--repeat`, numbered from the second on. */
  ref: ScenarioRef;
  /** Run only for the checkpoint that another one needs: nobody asked for it. */
  again?: true;
}

/** The executions of a run in their order: all scenarios, then all again. */
export function repeated(scenarios: readonly Scenario[], times: number): PlannedScenario[] {
  return Array.from({ length: times }, (_, round) =>
    scenarios.map((scenario) => {
      const { id, name, file } = scenario;
      if (round === 0) return { scenario, ref: { id, name, file } };
      const number = String(round + 1);
      const ref = { id: `${id}#${number}`, name: `${name} (${number} of ${String(times)})`, file };
      return { scenario, ref };
    }),
  ).flat();
}
