import { scenarioError } from '../errors.js';
import { FixtureVM } from './vm.js';
import type { BootImageVM, VmState } from './vm-interface.js';
import { keepAlive } from './keep-alive.js';
import { machineOf, type MachineOptions } from './machine-options.js';
import { sessionFor, type SessionOptions } from './sessions.js';
import { savedSnapshot } from './checkpoints.js';
import { restoreIn, shapeIn, type Subject } from './shapes.js';
import { MachineSlot } from './slot.js';
import { closeAfter, type TestContext } from './test-context.js';

/** What a test asks for. */
export interface BootImageVmOptions extends SessionOptions {
  /** What the machine needs to have; equal machines share one boot. */
  machine?: MachineOptions;
  /**
   * What the test is about, as in a scenario. `machine` (default): a boot, or a machine
   * restored from a snapshot, also of an earlier run. `boot`: only a boot of this session, or a
   * copy of one.
   */
  subject?: Subject;
  /** A separate machine, as it was right after the boot. */
  pristine?: boolean;
  /** A separate machine, restored from this snapshot. */
  from?: VmState;
  /**
   * The test that uses it (tap's `t`, the context of node:test): the use ends with the test,
   * and a test that fails is marked as failed in the record, with the evidence of its end.
   */
  test?: TestContext;
}

/**
 * A booted machine for a test. The first call restores it from the snapshot that an earlier
 * run has kept of such a machine, or boots it, and keeps a snapshot for later ones; further
 * calls that ask for the same machine get that very machine, with what other tests have done
 * to it. With `pristine` the machine is the caller's own, as it was right after the boot.
 *
 * Everything ends by itself with the process; see `endBootImageVms` for runners that end
 * their processes by force.
 *
 * @throws TapbootError `scenario` for wrong options or settings, `infra` for image and host,
 *   `guest-dead` when the guest does not come up
 */
export async function bootImageVm(options: BootImageVmOptions = {}): Promise<BootImageVM> {
  const { machine, pristine = false, from, subject, test } = options;
  machineOf(machine);
  const about = subjectOf(subject);
  if (from !== undefined && (machine !== undefined || pristine || subject !== undefined)) {
    throw scenarioError(
      'TAPBOOT_E_FIXTURE_OPTIONS',
      '`from` goes with neither machine, subject nor pristine',
      {
        hint: 'A snapshot defines its machine; a machine restored from it is never shared.',
      },
    );
  }
  const vm = await keepAlive.during(async () => {
    const session = await sessionFor(options);
    if (from !== undefined) {
      const controller = await restoreIn(session, savedSnapshot(from));
      return new FixtureVM(new MachineSlot(session, controller), true);
    }
    const shape = shapeIn(session, machineOf(machine, session.usual));
    return new FixtureVM(
      pristine ? await shape.pristine(about) : await shape.shared(about),
      pristine,
    );
  });
  if (test !== undefined) closeAfter(test, vm);
  return vm;
}

/** Also for callers whom no type checker has told. */
function subjectOf(subject = 'machine'): Subject {
  if (subject === 'machine' || subject === 'boot') return subject;
  throw scenarioError('TAPBOOT_E_FIXTURE_OPTIONS', 'the option `subject` has a wrong value', {
    expected: 'machine or boot',
    got: subject,
  });
}
