import { infraError, scenarioError, type TapbootError } from '../../errors.js';
import type { Capsule, CapsuleSnapshot } from './format.js';

/** The moment to open: at the failure, the nearest snapshot before it, or before a step (from 1). */
export type MomentChoice = 'failure' | 'checkpoint' | number;

/** What to restore, and how far to go on from there. */
export interface Moment {
  state: CapsuleSnapshot;
  /** The number of steps that the machine shall have behind it. */
  replay: number;
}

/**
 * Finds the snapshot to restore.
 * @throws TapbootError `infra` TAPBOOT_E_CAPSULE_MOMENT when the capsule has no such snapshot;
 *   `scenario` TAPBOOT_E_CAPSULE_STEP for a step that there is not, or behind the failure
 */
export function chooseMoment(capsule: Capsule, choice: MomentChoice): Moment {
  if (choice === 'failure') {
    const state = capsule.states.find(({ moment }) => moment === 'failure');
    if (state === undefined || state.kind === 'disks') throw notThere(capsule, 'the failure');
    return { state, replay: state.behind };
  }
  const before = capsule.states
    .filter(({ moment }) => moment !== 'failure')
    .sort((a, b) => b.behind - a.behind);
  if (choice === 'checkpoint') {
    const state = before.find(({ moment }) => moment === 'checkpoint') ?? before[0];
    if (state === undefined) throw notThere(capsule, 'a time before the failure');
    return { state, replay: state.behind };
  }
  const last = Math.min(capsule.failure.step, capsule.scenario.steps.length);
  if (choice < 1 || choice > last) {
    throw scenarioError('TAPBOOT_E_CAPSULE_STEP', `cannot go to step ${String(choice)}`, {
      expected: `a step from 1 to ${String(last)}, the one that failed`,
      got: String(choice),
    });
  }
  const state = before.find(({ behind }) => behind < choice);
  if (state === undefined) throw notThere(capsule, `the start of step ${String(choice)}`);
  return { state, replay: choice - 1 };
}

function notThere({ states, missing }: Capsule, what: string): TapbootError {
  const there = states
    .filter(({ kind }) => kind !== 'disks')
    .map(({ moment, behind }) =>
      moment === 'failure'
        ? '--at failure'
        : `--at ${moment === 'step' ? String(behind + 1) : 'checkpoint'}`,
    );
  return infraError('TAPBOOT_E_CAPSULE_MOMENT', `the capsule has no snapshot of ${what}`, {
    got: missing.length === 0 ? 'it was not saved' : missing.join('; '),
    hint:
      there.length === 0 ? 'Extract disks and console with tar.' : `There is: ${there.join(', ')}.`,
  });
}
