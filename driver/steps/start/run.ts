import { randomUUID } from 'node:crypto';
import type { CommandResult } from '../../channel/channel.js';
import { asTapbootError, productError, scenarioError, type TapbootError } from '../../errors.js';
import type { StartStep } from './schema.js';
import { shellQuote } from '../../quote.js';
import {
  parseUnitReport,
  unitWords,
  wasSkipped,
  type UnitReport,
} from '../guest-scripts/unit-report.js';
import { startUnitScript } from '../guest-scripts/unit-state.js';
import { withGrace, type StepContext, type StepRunner } from '../step-runner.js';
import { outputExcerpt, seconds } from '../wording.js';
import { describeUnit, judgeEnd, notLoaded, scriptFailure } from '../wait/unit-failures.js';
import { stateNow } from '../wait/unit.js';

/** Milliseconds for a command that talks to the manager only. */
const MANAGER_MS = 10_000;

/** `start`: (re)starts a unit and waits for the end of this very run of it. */
export const runner: StepRunner<'start'> = {
  needs: () => 'on',
  hostSide: false,
  awaits: ({ unit }) => `${unit} to run and end`,
  ceilingMs: (step) => withGrace(step) + 2 * MANAGER_MS,
  run: async (step, context) => {
    const names = Object.keys(step.environment);
    if (names.length === 0) {
      await startAndWait(step, context);
      return;
    }
    // An environment variable on systemctl itself would not reach the unit.
    const assignments = Object.entries(step.environment).map(([name, value]) =>
      shellQuote(`${name}=${value}`),
    );
    await tellManager(`systemctl set-environment ${assignments.join(' ')}`, step, context);
    try {
      await startAndWait(step, context);
    } catch (error) {
      // The failure itself is what counts.
      await tellManager(unset(names), step, context).catch((thrown: unknown) => {
        const { failureClass, message, details } = asTapbootError(thrown);
        // A dead guest starts no later units.
        if (failureClass === 'guest-dead') return;
        const left = `${names.join(', ')} may be left in systemd's environment`;
        context.note(`${left}, which later units inherit: ${details.got ?? message}`);
      });
      throw error;
    }
    await tellManager(unset(names), step, context);
  },
};

const unset = (names: readonly string[]): string =>
  `systemctl unset-environment ${names.map((name) => shellQuote(name)).join(' ')}`;

async function tellManager(command: string, step: StartStep, context: StepContext): Promise<void> {
  const result = await context.run(command, { timeoutMs: MANAGER_MS, channel: step.channel });
  if (result.exitStatus === 0) return;
  const output = outputExcerpt(result);
  throw productError(
    'TAPBOOT_E_UNIT_ENVIRONMENT',
    `the environment for ${step.unit} could not be changed`,
    {
      expected: 'exit status 0',
      got: result.timedOut
        ? `no end within ${seconds(MANAGER_MS)}`
        : `exit status ${String(result.exitStatus)}`,
      output,
    },
  );
}

async function startAndWait(step: StartStep, context: StepContext): Promise<void> {
  const { unit, action } = step;
  const hold = `tapboot-hold-${randomUUID().slice(0, 8)}`;
  const result = await context.run(startUnitScript(unit, action, hold), {
    timeoutMs: context.remainingMs(),
    label: `systemctl ${action} ${unit}, and wait for its end`,
    channel: step.channel,
  });
  const report = parseUnitReport(result.stdout);
  if (report.TapbootBefore !== undefined) context.unitRuns.recordStart(unit, report.TapbootBefore);
  try {
    await judgeRun(step, result, report, context);
  } finally {
    if (report.TapbootHold !== undefined) {
      // A hold that is left does no harm: it only keeps systemd from forgetting the unit.
      const release = `systemctl stop -- ${report.TapbootHold}.service`;
      await context.run(release, { timeoutMs: MANAGER_MS }).catch(() => undefined);
    }
  }
}

async function judgeRun(
  step: StartStep,
  result: CommandResult,
  report: UnitReport,
  context: StepContext,
): Promise<void> {
  const { unit, action } = step;
  if (result.timedOut) throw await overdue(step, context);
  if (result.exitStatus !== 0) throw scriptFailure(result, `${action} of ${unit}`);
  const unusable = (await notLoaded(unit, report, context)) ?? notRun(step, report);
  if (unusable !== undefined) throw unusable;
  if (!isNewRun(report)) {
    throw productError('TAPBOOT_E_UNIT_NOT_STARTED', `${unit} could not be started`, {
      expected: 'a new run of the unit',
      got: `systemctl ${action} ended with status ${report.TapbootStart ?? '?'}; ${unitWords(report)}`,
      output: `${result.stderr}\n${await describeUnit(unit, context)}`.trim(),
    });
  }
  await judgeEnd(unit, step.ended, report, context);
}

/** A failure when systemd had a reason not to run the unit; undefined otherwise. */
function notRun(step: StartStep, report: UnitReport): TapbootError | undefined {
  const { unit } = step;
  if (report.TapbootStart === 'running') {
    return scenarioError(
      'TAPBOOT_E_UNIT_RUNNING',
      `${unit} is running already, so \`start\` does nothing`,
      {
        expected: 'a unit that is inactive',
        got: unitWords(report),
        hint: 'Use `action: restart`, or wait for its end first.',
      },
    );
  }
  if (isNewRun(report) || report.TapbootStart !== '0') return undefined;
  if (wasSkipped(report)) {
    return productError(
      'TAPBOOT_E_UNIT_SKIPPED',
      `${unit} was not run: its conditions do not hold`,
      { expected: 'a new run of the unit', got: 'ConditionResult=no' },
    );
  }
  if ((report.InvocationID ?? '') === '') {
    return scenarioError(
      'TAPBOOT_E_UNIT_FORGOTTEN',
      `cannot tell whether ${unit} ran: systemd has unloaded it`,
      {
        expected: 'a unit that remembers its last run',
        got: 'no InvocationID',
        hint: 'Use `run: systemctl …` and judge the run by what it leaves behind.',
      },
    );
  }
  return productError('TAPBOOT_E_UNIT_NOT_STARTED', `${unit} was not run again`, {
    expected: 'a new run of the unit',
    got: `its last run is an earlier one; ${unitWords(report)}`,
  });
}

/** True when systemd names a run that is not the one before the start. */
function isNewRun(report: UnitReport): boolean {
  const run = report.InvocationID ?? '';
  return run !== '' && run !== report.TapbootBefore;
}

async function overdue(step: StartStep, context: StepContext): Promise<TapbootError> {
  const { words } = await stateNow(step.unit, context);
  return productError(
    'TAPBOOT_E_WAIT_TIMEOUT',
    `waited ${seconds(step.timeoutMs)} for ${step.unit} to run and end; it is ${words}`,
    {
      expected: `ended: ${step.ended}`,
      got: words,
      output: await describeUnit(step.unit, context),
    },
  );
}
