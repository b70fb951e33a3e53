import { z } from 'zod';
import { anyStep } from '../../steps/schemas.js';
import {
  choice,
  duration,
  explained,
  line,
  matrixValue,
  tag,
  VARIABLE_NAME,
} from '../../language/schema/leaves.js';
import { machine } from '../../language/schema/machine.js';
import { variablesMap } from '../../language/schema/plan-reference.js';
import type { RuleParams } from '../../language/schema/rules.js';
import { SCHEMA_VERSION } from '../../language/schema/version.js';

const TAG = 'a tag of small letters, digits and hyphens, other than and, or, not';
const FROM = 'a scenario and its checkpoint as SCENARIO#NAME';
const VARIABLE = 'a variable name of letters, digits, hyphens and underscores';

/** A scenario file. */
export const scenarioFile = z
  .strictObject({
    version: explained(
      z.literal(SCHEMA_VERSION, 'version 1'),
      'Version of the scenario language. Default 1.',
      1,
    ).optional(),
    name: explained(
      line('one line of text'),
      'Title of the scenario.',
      'RAID/LVM residue is removed',
    ),
    description: explained(
      z.string('a text'),
      'Description of the scenario, in sentences.',
      'Seeds an array with a volume group on it and checks that a forced cleanup leaves nothing.',
    ).optional(),
    tags: explained(z.array(tag(TAG), 'a list of tags'), 'Tags for selecting scenarios.', [
      'vm',
      'slow',
      'residue',
    ]).optional(),
    subject: explained(
      choice(['boot', 'machine']),
      'boot: the verdict is about the boot, so the machine is booted in this run. Default machine.',
      'boot',
    ).optional(),
    machine: explained(machine, 'The machine that the scenario needs.', {
      memory: '512M',
      disks: { vda: '4G', vdb: '1.5G', vdc: '1.5G' },
    }).optional(),
    variables: explained(
      variablesMap,
      'Variables for ${name} in the steps; the command line and the matrix take precedence.',
      { unit: 'pre-nixos.service', limit: '420s' },
    ).optional(),
    matrix: explained(
      z.record(
        z.string().regex(VARIABLE_NAME, VARIABLE),
        z.array(matrixValue, 'a list of values').min(1, 'at least one value'),
      ),
      'Variables with several values; the scenario is run once for each combination.',
      { disk: ['4G', '20G'], firmware: ['bios', 'uefi'] },
    ).optional(),
    redact: explained(
      z.array(z.string(VARIABLE).regex(VARIABLE_NAME, VARIABLE), 'a list of variable names'),
      'Variables whose values must not appear in any output.',
      ['password'],
    ).optional(),
    timeout: explained(
      duration,
      'Timeout of steps without a timeout. Default 60s.',
      '60s',
    ).optional(),
    from: explained(
      z.string(FROM).regex(/^[^\s#]+(?:\[[^#\]]*\])?#[a-z0-9]+(?:-[a-z0-9]+)*$/, FROM),
      'Start from a checkpoint of another scenario instead of from the booted machine.',
      'removes-raid-lvm-residue#seeded',
    ).optional(),
    steps: explained(
      z.array(anyStep, 'a list of steps').min(1, 'at least one step'),
      'Steps, in order. After a failed step the rest is skipped.',
      [{ run: 'systemctl is-system-running --wait' }],
    ),
  })
  .superRefine((value, context) => {
    if (value.from === undefined || value.subject !== 'boot') return;
    const why = 'the machine must be booted in this run, not started from a checkpoint';
    const params: RuleParams = { rule: 'not-with', key: 'from', other: 'subject: boot', why };
    context.addIssue({ code: 'custom', path: ['from'], params });
  })
  .meta({
    title: 'tapboot scenario',
    description: 'A scenario: a machine, and steps with expectations.',
    not: { required: ['from', 'subject'], properties: { subject: { const: 'boot' } } },
  });

export type WrittenScenario = z.infer<typeof scenarioFile>;
