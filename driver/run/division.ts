import type { RunSettings } from './settings.js';
import { planBudget, projectSeconds, type BudgetScenario } from '../record/ledger/budget.js';
import type { History } from '../record/ledger/history.js';
import type { PlannedScenario } from './work-list.js';

/** A scenario that waits for `--resume`. */
export interface QueuedScenario {
  planned: PlannedScenario;
  projectedSeconds: number;
  reason: string;
}

/** Scenarios divided by the budget. */
export interface Division {
  run: PlannedScenario[];
  queued: QueuedScenario[];
}

/** However often it is repeated, what is known of a scenario is known of each time. */
const budgeted =
  (factor: number) =>
  (planned: PlannedScenario): BudgetScenario & { planned: PlannedScenario } => {
    const { id, name, file, steps } = planned.scenario;
    const timeoutSeconds = (steps.reduce((sum, step) => sum + step.timeoutMs, 0) / 1000) * factor;
    return { id, name, file, timeoutSeconds, planned };
  };

/**
 * Seconds that a scenario is expected to take.
 * @param factor what timeouts are multiplied by
 */
export const projected = (planned: PlannedScenario, history: History, factor: number): number =>
  projectSeconds(budgeted(factor)(planned), history).seconds;

/**
 * What of `waiting` fits in the budget, and what does not. A scenario whose checkpoint comes from
 * one that waits has to wait with it. What runs only for the checkpoint of the first one runs
 * as unconditionally as that one: else it would wait for ever.
 * @param spentSeconds time that the run has used already
 * @param factor what timeouts are multiplied by
 */
export function divide(
  waiting: readonly PlannedScenario[],
  history: History,
  config: Pick<RunSettings, 'budgetMinutes' | 'hardBudgetMinutes'>,
  spentSeconds: number,
  factor = 1,
): Division {
  const sorted = sourcesFirst(waiting);
  const { budgetMinutes, hardBudgetMinutes: hardMinutes } = config;
  const unconditional =
    1 +
    Math.max(
      0,
      sorted.findIndex(({ again }) => again !== true),
    );
  const limits = { budgetMinutes, hardMinutes, spentSeconds, unconditional };
  const plan = planBudget(sorted.map(budgeted(factor)), history, limits);
  const queued = new Map<PlannedScenario, QueuedScenario>(
    plan.queued.map(({ scenario: { planned }, projection, reason }) => [
      planned,
      { planned, projectedSeconds: projection.seconds, reason },
    ]),
  );
  const run = new Set<PlannedScenario>();
  for (const { scenario, projection } of plan.run) {
    const { planned } = scenario;
    const source = sourceOf(planned, sorted);
    if (source === undefined || run.has(source)) {
      run.add(planned);
      continue;
    }
    const reason = `starts from a checkpoint of ${source.scenario.id}, which waits`;
    queued.set(planned, { planned, projectedSeconds: projection.seconds, reason });
  }
  return {
    run: waiting.filter((planned) => run.has(planned)),
    queued: waiting.flatMap((planned) => queued.get(planned) ?? []),
  };
}

const sourceOf = (
  { scenario: { from } }: PlannedScenario,
  all: readonly PlannedScenario[],
): PlannedScenario | undefined => all.find(({ scenario }) => scenario.id === from?.scenario);

function sourcesFirst(waiting: readonly PlannedScenario[]): PlannedScenario[] {
  const sorted = new Set<PlannedScenario>();
  const add = (planned: PlannedScenario): void => {
    const source = sourceOf(planned, waiting);
    if (source !== undefined) add(source);
    sorted.add(planned);
  };
  for (const planned of waiting) add(planned);
  return [...sorted];
}
