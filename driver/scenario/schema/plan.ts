import { z } from 'zod';
import { nameKey, timeoutKey } from '../../language/schema/common.js';
import { commandKey, plainExpectation, stdinKey } from '../../language/schema/expectations.js';
import { explained } from '../../language/schema/leaves.js';
import { variablesMap } from '../../language/schema/plan-reference.js';
import { notTwice } from '../../language/schema/rules.js';
import { SCHEMA_VERSION } from '../../language/schema/version.js';

const NAME = 'a name of small letters, digits and hyphens that begins with a letter';
/** Becomes part of a shell function's name, which no digit may begin. */
const PLAN_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

const expectKey = explained(
  plainExpectation,
  'Expectations about the result; only those that a shell script can check.',
  { exit: 'nonzero' },
  { stdout: { not_contains: 'vg_residue' } },
);

/** A step of a plan section: a command, so that the section can be printed as a script. */
export const planRun = explained(
  notTwice(
    z.strictObject({
      run: explained(
        z.union([
          commandKey,
          z.strictObject({
            command: commandKey,
            stdin: stdinKey.optional(),
            expect: expectKey.optional(),
          }),
        ]),
        'The command, or a mapping with command, stdin and expect.',
        'mdadm --detail /dev/md127',
      ),
      expect: expectKey.optional(),
      name: nameKey.optional(),
      timeout: timeoutKey.optional(),
    }),
    'run',
    ['expect'],
  ),
  'A command of the plan.',
  { run: 'mdadm --detail /dev/md127' },
);

/** A plan file, `plans/NAME.yaml`. */
export const planFile = z
  .strictObject({
    version: explained(
      z.literal(SCHEMA_VERSION, 'version 1'),
      'Version of the scenario language. Default 1.',
      1,
    ).optional(),
    plan: explained(
      z.string(NAME).regex(PLAN_NAME, NAME),
      'Name of the plan; equal to the name of the file.',
      'raid-lvm-residue',
    ),
    description: explained(
      z.string('a text'),
      'Purpose of the plan, in sentences.',
      'Seeds RAID/LVM residue on vdb and vdc, and checks for it.',
    ).optional(),
    variables: explained(variablesMap, 'Variables and their defaults.', {
      marker: 'residue-marker',
    }).optional(),
    sections: explained(
      z
        .record(
          z.string().regex(PLAN_NAME, NAME),
          z.array(planRun, 'a list of steps').min(1, 'at least one step'),
        )
        .refine((sections) => Object.keys(sections).length > 0, 'at least one section')
        .meta({ minProperties: 1 }),
      'The commands by section.',
      { seed: [{ run: 'pvcreate /dev/md127' }] },
    ),
  })
  .meta({
    title: 'tapboot plan',
    description: 'A plan: named sections of commands, for scenarios and for use by hand.',
  });

export type WrittenPlan = z.infer<typeof planFile>;
