import t from 'tap';
import {
  chooseMoment,
  type MomentChoice,
} from '../../../../driver/snapshots/capsule/choose-moment.js';
import type { Capsule, CapsuleSnapshot } from '../../../../driver/snapshots/capsule/format.js';

const state = (
  moment: CapsuleSnapshot['moment'],
  behind: number,
  kind: CapsuleSnapshot['kind'] = 'proven',
): CapsuleSnapshot => ({
  moment,
  behind,
  kind,
  key: '0'.repeat(32),
  unitRuns: { started: {}, foreseen: {} },
});

/** A scenario of five steps, the fourth of which failed. */
const capsule = (...states: CapsuleSnapshot[]): Capsule =>
  ({
    failure: { step: 4, class: 'product', code: 'X', message: 'm' },
    scenario: { steps: [1, 2, 3, 4, 5] },
    states,
    missing: [],
  }) as unknown as Capsule;

function thrown(from: Capsule, choice: MomentChoice): unknown {
  try {
    return chooseMoment(from, choice);
  } catch (error) {
    return error;
  }
}

t.test('the failure, the checkpoint, a step', async (t) => {
  const full = capsule(state('checkpoint', 1), state('step', 3), state('failure', 3));
  t.match(chooseMoment(full, 'failure'), { state: { moment: 'failure' }, replay: 3 });
  t.match(chooseMoment(full, 'checkpoint'), { state: { moment: 'checkpoint' }, replay: 1 });
  t.match(chooseMoment(full, 4), { state: { moment: 'step' }, replay: 3 }, 'nothing to replay');
  t.match(chooseMoment(full, 3), { state: { moment: 'checkpoint' }, replay: 2 });
  t.throws(() => chooseMoment(full, 1), { code: 'TAPBOOT_E_CAPSULE_MOMENT' });
  t.throws(() => chooseMoment(full, 5), {
    code: 'TAPBOOT_E_CAPSULE_STEP',
    failureClass: 'scenario',
  });
});

t.test('of a dead machine there is no moment of the failure; the others are named', async (t) => {
  const dead = capsule(state('checkpoint', 0), state('failure', 3, 'disks'));
  t.match(thrown(dead, 'failure'), {
    code: 'TAPBOOT_E_CAPSULE_MOMENT',
    details: { hint: 'There is: --at checkpoint.' },
  });
  const only = capsule(state('failure', 3));
  t.match(thrown(only, 'checkpoint'), { details: { hint: 'There is: --at failure.' } });
});
