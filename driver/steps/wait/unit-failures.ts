import { closest, distance } from 'fastest-levenshtein';
import { productError, scenarioError, TapbootError } from '../../errors.js';
import type { CommandResult } from '../../channel/channel.js';
import type { UnitEnd } from './schema.js';
import { unitWords, type UnitReport } from '../guest-scripts/unit-report.js';
import {
  describeUnitCommand,
  LIST_UNITS_COMMAND,
  NO_SYSTEMCTL,
} from '../guest-scripts/unit-state.js';
import type { StepContext } from '../step-runner.js';
import { UnmetExpectation } from '../failure.js';
import { lastLines, outputExcerpt } from '../wording.js';

/** Milliseconds for a command that only explains a failure. */
const EXPLAIN_MS = 5000;

/** Status and journal of a unit as text; says why when they cannot be had. Rejects only when the guest is dead. */
export async function describeUnit(unit: string, context: StepContext): Promise<string> {
  return explain(describeUnitCommand(unit), `status and journal of ${unit}`, context);
}

/** The output of a command that only explains; never a reason to fail differently. */
export async function explain(
  command: string,
  label: string,
  context: StepContext,
  lines = 60,
): Promise<string> {
  try {
    const result = await context.run(command, { timeoutMs: EXPLAIN_MS, label });
    return lastLines(`${result.stdout}${result.stderr}`, lines);
  } catch (error) {
    if (error instanceof TapbootError && error.failureClass === 'guest-dead') throw error;
    return `(${label}: ${error instanceof Error ? error.message : String(error)})`;
  }
}

/** The failure when a script ended in another way than by seeing its moment. */
export function scriptFailure(result: CommandResult, what: string): TapbootError {
  const output = outputExcerpt(result);
  if (result.exitStatus === NO_SYSTEMCTL) {
    return scenarioError('TAPBOOT_E_NO_SYSTEMD', `${what}: the guest has no systemctl`, {
      hint: 'Waiting for units needs systemd in the guest; wait for a file, port or command instead.',
    });
  }
  return productError(
    'TAPBOOT_E_WAIT_BROKEN',
    `${what}: the waiting script ended with status ${String(result.exitStatus)}`,
    {
      expected: 'a guest with a POSIX shell and its basic tools',
      output,
    },
  );
}

/** A failure for a unit that cannot be started at all; undefined for one that can. */
export async function notLoaded(
  unit: string,
  report: UnitReport,
  context: StepContext,
): Promise<TapbootError | undefined> {
  const load = report.LoadState ?? '';
  if (load === '' || load === 'loaded' || load === 'merged') return undefined;
  if (load !== 'not-found') {
    return productError('TAPBOOT_E_UNIT_NOT_LOADED', `${unit} is ${load}`, {
      expected: 'a unit that is loaded',
      got: `LoadState=${load}`,
      output: await describeUnit(unit, context),
    });
  }
  const names = await explain(LIST_UNITS_COMMAND, 'list of units', context, Infinity);
  const near = nearNames(
    unit,
    // Drop-in directories lie beside the units.
    names.split('\n').filter((name) => !/\.(?:d|wants|requires|upholds)$/.test(name)),
  );
  return productError('TAPBOOT_E_UNIT_NOT_FOUND', `the guest has no unit ${unit}`, {
    expected: `a unit ${unit}`,
    got: near.length === 0 ? 'no unit of a similar name' : `similar: ${near.join(', ')}`,
    hint: 'Check the name, and whether the image holds the unit; a transient unit is gone once it has ended.',
  });
}

/** At most three names that may have been meant, nearest first. */
export function nearNames(name: string, names: readonly string[]): string[] {
  const rest = [...new Set(names.map((other) => other.trim()))].filter((other) => other !== '');
  const near: string[] = [];
  while (near.length < 3 && rest.length > 0) {
    const best = closest(name, rest);
    if (distance(name, best) > Math.max(3, Math.floor(name.length / 3))) break;
    near.push(best);
    rest.splice(rest.indexOf(best), 1);
  }
  return near;
}

/** Judges how a unit has ended; with its status and journal when that is wrong. */
export async function judgeEnd(
  unit: string,
  ended: UnitEnd,
  report: UnitReport,
  context: StepContext,
): Promise<void> {
  const state = report.ActiveState ?? 'unknown';
  context.note(`${unit}: ${unitWords(report)}`);
  if (ended === 'any' || state === ended) return;
  throw unitEndedWrong(unit, ended, report, await describeUnit(unit, context));
}

function unitEndedWrong(
  unit: string,
  ended: string,
  report: UnitReport,
  output: string,
): UnmetExpectation {
  const failed = report.ActiveState === 'failed';
  return new UnmetExpectation(
    failed ? 'TAPBOOT_E_UNIT_FAILED' : 'TAPBOOT_E_UNIT_ENDED',
    failed
      ? `${unit} failed: ${unitWords(report)}`
      : `${unit} ended ${report.ActiveState ?? 'unknown'}, not ${ended}`,
    [{ what: `end of ${unit}`, expected: ended, got: unitWords(report) }],
    { output },
  );
}
