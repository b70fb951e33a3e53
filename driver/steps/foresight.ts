import type { Step } from './step.js';
import { lastRunCommand } from './guest-scripts/unit-state.js';
import type { StepContext } from './step-runner.js';
import type { UnitRuns } from './unit-runs.js';

/** Milliseconds for asking systemd which run of a unit was the last. */
const ASK_MS = 10_000;

/**
 * Before a step: when the one after it waits for a run of a unit that this one starts in a
 * way of its own (a `run: systemctl …`), the run before must be known now. A `start` step
 * sees to that by itself.
 */
export async function lookAhead(
  step: Step,
  next: Step | undefined,
  context: StepContext,
): Promise<void> {
  const unit = unitToBeWatched(step, next, context.unitRuns);
  if (unit === undefined || context.unitRuns.wasStarted(unit) || context.vm.power === 'off') return;
  const result = await context.run(lastRunCommand(unit), {
    timeoutMs: ASK_MS,
    label: `last run of ${unit} before this step`,
  });
  if (result.exitStatus === 0) context.unitRuns.foresee(unit, result.stdout.trim());
}

function unitToBeWatched(step: Step, next: Step | undefined, runs: UnitRuns): string | undefined {
  const own = unitOfNewRun(step);
  const coming =
    step.kind === 'start' && step.unit === unitOfNewRun(next) ? undefined : unitOfNewRun(next);
  // Two such waits in a row count from the same step: the one before the first.
  if (coming !== undefined && coming !== own) return coming;
  // A wait that has no step before it counts from its own beginning.
  return own !== undefined && runs.before(own) === undefined ? own : undefined;
}

/** The unit whose next run a step waits for, when what that is was decided before the step. */
export function unitOfNewRun(step: Step | undefined): string | undefined {
  if (step?.kind !== 'wait' || step.for.what !== 'unit-ended') return undefined;
  return step.for.since === 'step' ? step.for.unit : undefined;
}
