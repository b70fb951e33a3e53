import type { History, ScenarioKey } from './history.js';

/** A scenario as the budget sees it. */
export interface BudgetScenario extends ScenarioKey {
  /** Sum of the timeouts of all its steps, in seconds: the longest it can take. */
  timeoutSeconds: number;
}

/** How long a scenario is expected to take, and how that is known. */
export interface Projection {
  seconds: number;
  /** `history`: median of its last passes; `timeouts`: never passed, so the worst case. */
  basis: 'history' | 'timeouts';
  /** Passes that the median was taken of. */
  samples: number;
}

/** One scenario with its projection. */
export interface Projected<S extends BudgetScenario> {
  scenario: S;
  projection: Projection;
}

/** A scenario that does not fit. */
export interface Queued<S extends BudgetScenario> extends Projected<S> {
  /** One sentence for the reports. */
  reason: string;
}

/** What runs now and what waits. */
export interface BudgetPlan<S extends BudgetScenario> {
  run: Projected<S>[];
  queued: Queued<S>[];
  /** Sum of the projections of `run`, in seconds. */
  projectedSeconds: number;
}

/** Limits in minutes. */
export interface BudgetLimits {
  /** What a run aims at. */
  budgetMinutes: number;
  /** What it may reach with its last scenario. */
  hardMinutes: number;
  /** Seconds that the run has used already; for planning again on the way. */
  spentSeconds?: number;
  /** How many at the beginning of a run's list run whatever they take; default 1. */
  unconditional?: number;
}

/** The median of durations; undefined when there are none. */
export function medianSeconds(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined || sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Projects one scenario: median of its last passes, else the sum of its timeouts. */
export function projectSeconds(scenario: BudgetScenario, history: History): Projection {
  const passes = history.passes(scenario);
  const seconds = medianSeconds(passes);
  if (seconds === undefined) {
    return { seconds: scenario.timeoutSeconds, basis: 'timeouts', samples: 0 };
  }
  return { seconds, basis: 'history', samples: passes.length };
}

const minutes = (seconds: number): string => `${(seconds / 60).toFixed(1)} min`;

/**
 * Divides scenarios into those that run and those that wait, keeping their order.
 *
 * A scenario runs when it fits in the budget with those before it, or when it is the one
 * that crosses the budget and stays within the hard limit. A smaller one behind a queued
 * one may still fit. The first scenario of a run always runs, however long its
 * projection: a queue whose head can never start would hold its scenarios for ever, and
 * a worst case made of timeouts is no measurement.
 *
 * With `spentSeconds` (above 0) it tells which of the waiting ones fit in what is left,
 * after the run turned out faster than projected; then none runs unconditionally.
 */
export function planBudget<S extends BudgetScenario>(
  scenarios: readonly S[],
  history: History,
  limits: BudgetLimits,
): BudgetPlan<S> {
  const { spentSeconds: spent = 0, unconditional = 1 } = limits;
  const [budget, hard] = [limits.budgetMinutes * 60, limits.hardMinutes * 60];
  const plan: BudgetPlan<S> = { run: [], queued: [], projectedSeconds: 0 };
  for (const scenario of scenarios) {
    const projection = projectSeconds(scenario, history);
    const before = spent + plan.projectedSeconds;
    const first = spent === 0 && plan.run.length < unconditional && plan.queued.length === 0;
    const after = before + projection.seconds;
    if (first || after <= budget || (before < budget && after <= hard)) {
      plan.run.push({ scenario, projection });
      plan.projectedSeconds += projection.seconds;
      continue;
    }
    const known = projection.basis === 'history' ? 'median of past passes' : 'sum of its timeouts';
    plan.queued.push({
      scenario,
      projection,
      reason:
        `projected at ${minutes(projection.seconds)} (${known}), after ${minutes(before)} ` +
        `of a budget of ${String(limits.budgetMinutes)} min (hard ${String(limits.hardMinutes)} min)`,
    });
  }
  return plan;
}
