import { productError } from '../../errors.js';
import type { WaitCondition, WaitStep } from './schema.js';
import { hasRun, parseUnitReport, unitWords, wasSkipped } from '../guest-scripts/unit-report.js';
import {
  showUnitCommand,
  waitForUnitScript,
  type UnitMoment,
} from '../guest-scripts/unit-state.js';
import type { StepContext } from '../step-runner.js';
import { seconds } from '../wording.js';
import { describeUnit, judgeEnd, notLoaded, scriptFailure } from './unit-failures.js';

type UnitCondition = Extract<WaitCondition, { what: 'unit-ended' | 'unit-active' }>;

/** Waits until a unit has ended, or is active: one process in the guest does the waiting. */
export async function waitForUnit(
  condition: UnitCondition,
  step: WaitStep,
  context: StepContext,
): Promise<void> {
  const { unit } = condition;
  const what = condition.what === 'unit-active' ? `${unit} to be active` : `the end of ${unit}`;
  const result = await context.run(waitForUnitScript(unit, momentOf(condition, context)), {
    timeoutMs: context.remainingMs(),
    label: `wait for ${what}`,
    channel: step.channel,
  });
  if (result.timedOut) throw await overdue(condition, step, context);
  if (result.exitStatus !== 0) throw scriptFailure(result, `wait for ${what}`);
  const report = parseUnitReport(result.stdout);
  const unusable = await notLoaded(unit, report, context);
  if (unusable !== undefined) throw unusable;
  if (condition.what === 'unit-ended') {
    await judgeEnd(unit, condition.ended, report, context);
  } else {
    await judgeEnd(unit, 'any', report, context);
    if (report.ActiveState === 'failed') {
      throw productError('TAPBOOT_E_UNIT_FAILED', `${unit} failed: ${unitWords(report)}`, {
        expected: 'active',
        got: unitWords(report),
        output: await describeUnit(unit, context),
      });
    }
  }
}

/** Without an earlier step to count from, the boot is what there is. */
function momentOf(condition: UnitCondition, context: StepContext): UnitMoment {
  if (condition.what === 'unit-active') return { until: 'active' };
  const before = condition.since === 'step' ? context.unitRuns.before(condition.unit) : undefined;
  return before === undefined ? { until: 'ended' } : { until: 'ended', before };
}

async function overdue(condition: UnitCondition, step: WaitStep, context: StepContext) {
  const { unit } = condition;
  const now = await stateNow(unit, context);
  const wanted =
    condition.what === 'unit-active'
      ? `${unit} to be active`
      : `${unit} to end${condition.since === 'step' ? ' again' : ''}`;
  return productError(
    'TAPBOOT_E_WAIT_TIMEOUT',
    `waited ${seconds(step.timeoutMs)} for ${wanted}; it is ${now.words}`,
    {
      expected: condition.what === 'unit-active' ? 'active' : `ended: ${condition.ended}`,
      got: now.words,
      output: await describeUnit(unit, context),
      hint: now.hint,
    },
  );
}

/** How the unit stands, when it did not come to what was waited for. */
export async function stateNow(
  unit: string,
  context: StepContext,
): Promise<{ words: string; hint?: string }> {
  const { stdout } = await context.run(showUnitCommand(unit), {
    timeoutMs: 5000,
    label: `state of ${unit}`,
  });
  const report = parseUnitReport(stdout);
  const words = unitWords(report);
  if (wasSkipped(report)) {
    return { words: `${words}; its conditions did not hold, so it was not started` };
  }
  if (report.ActiveState === 'inactive') {
    return {
      words: hasRun(report) ? words : `${words} and has not run`,
      hint: 'A unit that nothing refers to is unloaded when it ends, and forgets that it ran.',
    };
  }
  return { words };
}
