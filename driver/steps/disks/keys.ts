import { z } from 'zod';
import { DISK_FINDING_KINDS } from '../../language/disk-findings.js';
import { choice, explained, integer, oneOrMany, size, text } from '../../language/schema/leaves.js';
import { planReference, planVariables } from '../../language/schema/plan-reference.js';
import { notEmpty } from '../../language/schema/rules.js';

const OFFSET = 'bytes as a number, or a size such as 2M';

const present = z
  .strictObject({
    bytes: explained(text('a text'), 'Byte string (UTF-8).', 'residue-marker').optional(),
    kind: explained(
      choice(DISK_FINDING_KINDS),
      'Kind of mark, as the disk inspection names it.',
      'md-superblock',
      'lvm-label',
    ).optional(),
    offset: explained(
      z.union([integer(0, Number.MAX_SAFE_INTEGER, 'bytes'), size], OFFSET),
      'Where it begins, counted from the start of the disk. Default: anywhere.',
      4096,
      '3M',
    ).optional(),
  })
  .superRefine((value, context) => {
    if (value.bytes !== undefined || value.kind !== undefined) return;
    const params = { rule: 'some-of', keys: ['bytes', 'kind'] };
    context.addIssue({ code: 'custom', params });
  })
  .meta({ anyOf: [{ required: ['bytes'] }, { required: ['kind'] }] });

const absentKey = explained(
  oneOrMany(text('a text, or a list of texts')),
  'Byte string that must be nowhere on the disk; of a list, not one.',
  'residue-marker',
);

const presentKey = explained(
  z.array(present, 'a list of mappings').min(1, 'at least one item'),
  'What must be on the disk.',
  [{ kind: 'lvm-label', offset: 2097664 }, { bytes: 'residue-marker' }],
);

const ONE_DISK = 'clean, or a mapping with signatures, absent or present';

/** What is expected of one disk. */
export const oneDisk = explained(
  z.union([
    z.enum(['clean'], ONE_DISK),
    notEmpty(
      z.strictObject({
        signatures: explained(
          choice(['none', 'any']),
          'none: no known signature of any kind; any: not asked (the default in this form).',
          'none',
        ).optional(),
        absent: absentKey.optional(),
        present: presentKey.optional(),
      }),
    ),
  ]),
  'clean (no known signature of any kind), or what must and must not be on it.',
  'clean',
  { signatures: 'none', absent: 'residue-marker' },
);

/** The try to bring back what was removed. */
export const resurrect = explained(
  z.strictObject({
    plan: explained(
      planReference,
      'Plan section to run in a second machine: blank vda, then overlays of the named disks as vdb, vdc, …',
      'raid-lvm-residue/resurrect',
    ),
    variables: planVariables.optional(),
    absent: explained(
      oneOrMany(text('a text, or a list of texts')),
      'Text that no command of the section may print on standard output.',
      'residue-marker',
    ).optional(),
  }),
  'Try to bring the old content back, in a second machine on overlays of the named disks.',
  { plan: 'raid-lvm-residue/resurrect' },
);

type Letters<S extends string> = S extends `${infer Head}${infer Tail}`
  ? Head | Letters<Tail>
  : never;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** `vda` … `vdz`. */
export type DiskName = `vd${Letters<typeof LETTERS>}`;

/** The keys `vda` … `vdz`, each with `oneDisk`. */
const perDisk = Object.fromEntries(
  Array.from(LETTERS, (letter) => [`vd${letter}`, oneDisk.optional()]),
) as Record<DiskName, z.ZodOptional<typeof oneDisk>>;

/** The mapping below `disks`. */
export const disksMapping = notEmpty(
  z.strictObject({
    ...perDisk,
    absent: explained(
      absentKey,
      'Byte string that must be nowhere on any of the named disks (of the machine’s disks when none is named).',
      'residue-marker',
    ).optional(),
    present: explained(presentKey, 'What must be on every one of the named disks.', [
      { kind: 'md-superblock' },
    ]).optional(),
    level: explained(
      choice(['content', 'signatures']),
      'content (default): all that is asked; signatures: byte strings and resurrect are left out.',
      'signatures',
    ).optional(),
    resurrect: resurrect.optional(),
  }),
);

export type WrittenDisks = z.infer<typeof disksMapping>;
export type WrittenOneDisk = z.infer<typeof oneDisk>;
export type WrittenPresent = z.infer<typeof present>;
