import { asTapbootError, scenarioError, type TapbootError } from '../../errors.js';
import type { Mismatch } from '../../events/events.js';
import type { Resurrection } from './schema.js';
import type { RunStep } from '../run/schema.js';
import { runCommandStep } from '../run/run.js';
import type { StepContext } from '../step-runner.js';
import { quoted } from '../wording.js';

/**
 * Tries to bring back what was removed: the section's commands run in a second machine on
 * overlays of the disks. Stops at the first command whose own expectations do not hold.
 * Disks that are zero to the last byte cannot bring anything back: no machine is started for
 * those alone.
 *
 * @param blank disks of which every byte is zero, as the host has read them
 * @returns the strings that came back, one mismatch for each string and command
 * @throws UnmetExpectation, or the channel's error, from the second machine
 */
export async function resurrect(
  plan: Resurrection,
  blank: ReadonlySet<string>,
  context: StepContext,
): Promise<Mismatch[]> {
  if (context.vm.power === 'on') {
    throw scenarioError(
      'TAPBOOT_E_RESURRECT_RUNNING',
      'the machine is still on: its disks cannot be lent to a second one',
      {
        at: plan.at,
        expected: 'a machine that is off',
        got: 'a running machine',
        hint: 'Put `- power: off` before the disks step.',
      },
    );
  }
  if (plan.disks.every((disk) => blank.has(disk))) {
    context.note(`resurrection: ${plan.disks.join(', ')} blank: nothing to bring back`);
    return [];
  }
  const name = `${context.vm.name}-resurrect-${String(context.index)}`;
  const tested = plan.image === 'tested';
  await using second = await context.vm.bootBeside(name, plan.disks, tested);
  const mismatches: Mismatch[] = [];
  for (const step of plan.steps) {
    const { stdout } = await runCommandStep(second, step, context).catch((error: unknown) => {
      throw inSecondMachine(asTapbootError(error), step);
    });
    mismatches.push(...cameBack(stdout, step, plan.absent));
  }
  const tried = `${plan.plan}/${plan.section} on overlays of ${plan.disks.join(', ')}, in ${second.image.spec}`;
  context.note(
    mismatches.length === 0
      ? `resurrection: ${tried} brought nothing back`
      : `resurrection: ${tried} brought something back`,
  );
  return mismatches;
}

/** Says in which machine it went wrong, and at which line of the plan. */
function inSecondMachine(error: TapbootError, step: RunStep): TapbootError {
  return error.with(`second machine: ${error.message}`, { at: step.at, ...error.details });
}

function cameBack(stdout: string, step: RunStep, absent: readonly string[]): Mismatch[] {
  return absent
    .filter((text) => stdout.includes(text))
    .map((text) => ({
      what: `second machine, stdout of ${quoted(step.command)}`,
      expected: `no ${JSON.stringify(text)}`,
      got: stdout
        .split('\n')
        .filter((line) => text.includes('\n') || line.includes(text))
        .slice(0, 5)
        .join('\n'),
    }));
}
