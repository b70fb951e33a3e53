import { z } from 'zod';
import { alwaysKey, checkpointKey, nameKey } from '../../language/schema/common.js';
import { explained } from '../../language/schema/leaves.js';
import { planReference, planVariables } from '../../language/schema/plan-reference.js';

/** `plan`: a section of a plan, expanded in place. Its steps have their own timeouts. */
export const planStep = explained(
  z.strictObject({
    plan: explained(
      z.union([
        planReference,
        z.strictObject({
          use: explained(planReference, 'Plan and section.', 'raid-lvm-residue/seed'),
          variables: planVariables.optional(),
        }),
      ]),
      'NAME/SECTION of the file plans/NAME.yaml beside the scenario; or a mapping with use and variables.',
      'raid-lvm-residue/seed',
    ),
    name: nameKey.optional(),
    always: alwaysKey.optional(),
    checkpoint: checkpointKey.optional(),
  }),
  'Runs the steps of a section of a plan file.',
  { plan: 'raid-lvm-residue/seed' },
);

export type WrittenPlanStep = z.infer<typeof planStep>;

/** Reference and values of either form. */
export function planUseOf(written: WrittenPlanStep): {
  reference: string;
  variables: Record<string, string | number | boolean>;
} {
  return typeof written.plan === 'string'
    ? { reference: written.plan, variables: {} }
    : { reference: written.plan.use, variables: written.plan.variables ?? {} };
}
