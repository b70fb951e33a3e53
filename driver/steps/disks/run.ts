import type { DiskView } from '../../machine/machine-under-test.js';
import { infraError } from '../../errors.js';
import type { Mismatch } from '../../events/events.js';
import type { DiskExpectation, DisksStep } from './schema.js';
import { judgeView } from './judge-views.js';
import { resurrect } from './resurrect.js';
import { GRACE_MS, type StepContext, type StepRunner } from '../step-runner.js';
import { UnmetExpectation } from '../failure.js';

/**
 * For the boot of the second machine, which has the driver's own timeouts: the defaults of
 * BOOT_IMAGE_VM_SPAWN_TIMEOUT and BOOT_IMAGE_VM_LOGIN_TIMEOUT together.
 */
const SECOND_BOOT_MS = 1_200_000;

/** `disks`: a look at the raw disks from the host, and a try to bring back what was removed. */
export const runner: StepRunner<'disks'> = {
  needs: () => 'any',
  hostSide: true,
  awaits: (step) => `the inspection of ${step.disks.map(({ disk }) => disk).join(', ')}`,
  ceilingMs: (step) =>
    step.resurrect === undefined
      ? step.timeoutMs
      : step.timeoutMs +
        SECOND_BOOT_MS +
        step.resurrect.steps.reduce((sum, { timeoutMs }) => sum + timeoutMs + GRACE_MS, 0),
  run: async (step, context) => {
    const { mismatches, blank } = await inspectAll(step, context);
    if (step.resurrect !== undefined && step.level === 'content') {
      if (context.guestIsDead) {
        context.note('resurrection skipped: the machine died and its disks are not final');
      } else {
        mismatches.push(...(await resurrect(step.resurrect, blank, context)));
      }
    }
    const [first] = mismatches;
    if (first === undefined) return;
    const more = mismatches.length - 1;
    throw new UnmetExpectation(
      'TAPBOOT_E_DISK_EXPECTATION',
      `${first.what}: ${first.got.split('\n')[0] ?? ''}${more > 0 ? ` (and ${String(more)} more)` : ''}`,
      mismatches,
    );
  },
};

async function inspectAll(
  step: DisksStep,
  context: StepContext,
): Promise<{ mismatches: Mismatch[]; blank: Set<string> }> {
  const views = await context.vm.viewDisks(step.disks.map(({ disk }) => disk));
  try {
    const mismatches: Mismatch[] = [];
    const blank = new Set<string>();
    for (const expectation of step.disks) {
      const judged = await judgeView(viewOf(expectation, views), expectation, step, context);
      mismatches.push(...judged.mismatches);
      if (judged.blank) blank.add(expectation.disk);
    }
    return { mismatches, blank };
  } finally {
    for (const view of views) await view[Symbol.asyncDispose]();
  }
}

function viewOf(expectation: DiskExpectation, views: readonly DiskView[]): DiskView {
  const view = views.find(({ disk }) => disk === expectation.disk);
  if (view !== undefined) return view;
  throw infraError('TAPBOOT_E_DISK_VIEW', `${expectation.disk} was not inspected`, {
    expected: `all requested disks, including ${expectation.disk}`,
    got: views.map(({ disk }) => disk).join(', '),
  });
}
