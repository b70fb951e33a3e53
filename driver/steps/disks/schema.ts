import { z } from 'zod';
import { DISK_FINDING_KINDS } from '../../language/disk-findings.js';
import type { Machine } from '../../language/machine-shape.js';
import { suggestion } from '../../language/problem.js';
import type { StepReader } from '../../language/reader.js';
import { commonKeys } from '../../language/schema/common.js';
import { choice, explained, integer, oneOrMany, size, text } from '../../language/schema/leaves.js';
import { planReference, planVariables } from '../../language/schema/plan-reference.js';
import { notEmpty } from '../../language/schema/rules.js';
import type { StepBase } from '../../language/step-base.js';
import type { YamlPath } from '../../language/yaml/path.js';
import { listOf } from '../../language/yaml/show.js';
import type { SourceLocation } from '../../location.js';
import { listed } from '../expectation-schema.js';
import { defineKind } from '../kind.js';
import type { RunStep } from '../run/schema.js';

/**
 * A try to bring back what was removed: a second VM with a blank `vda` and overlays of
 * `disks` as `vdb`, `vdc`, … runs the plan section; its commands say what must not come back.
 */
export interface Resurrection {
  plan: string;
  section: string;
  at: SourceLocation;
  /** Names in the first machine, in order. */
  disks: string[];
  steps: RunStep[];
  /** Strings that no command of the section may print on stdout. */
  absent: string[];
  /** What the second machine boots: that of all second machines, or the image under test. */
  image: 'embedded' | 'tested';
}

/** Something that must be on the disk; at least one of `bytes` and `kind`. */
export interface PresentOnDisk {
  /** Byte string (UTF-8). */
  bytes?: string;
  /** Kind of finding, e.g. `md-superblock`, `lvm-label`. */
  kind?: string;
  /** Bytes from the start of the disk; absent: anywhere. */
  offset?: number;
}

export interface DiskExpectation {
  /** `vda` … `vdz`. */
  disk: string;
  /** `none`: no known signature anywhere; `any`: not asked. */
  signatures: 'none' | 'any';
  /** Byte strings (UTF-8) that must be nowhere on the disk. */
  absent: string[];
  present: PresentOnDisk[];
}

/** A look at the raw disks from the host. */
export interface DisksStep extends StepBase {
  kind: 'disks';
  /** In the machine's order. */
  disks: DiskExpectation[];
  /** `signatures`: byte strings (`absent`, `present.bytes`) and `resurrect` are left out. */
  level: 'signatures' | 'content';
  resurrect?: Resurrection;
}

const OFFSET = 'bytes as a number, or a size such as 2M';

const present = z
  .strictObject({
    bytes: explained(text('a text'), 'Byte string (UTF-8).', 'residue-marker').optional(),
    kind: explained(
      choice(DISK_FINDING_KINDS),
      'Kind of finding, as named by the disk inspection.',
      'md-superblock',
      'lvm-label',
    ).optional(),
    offset: explained(
      z.union([integer(0, Number.MAX_SAFE_INTEGER, 'bytes'), size], OFFSET),
      'Offset from the start of the disk. Default: anywhere.',
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
  'Byte string that must be nowhere on the disk; with a list, none of them.',
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
          'none: no known signature of any kind; any: not checked (the default here).',
          'none',
        ).optional(),
        absent: absentKey.optional(),
        present: presentKey.optional(),
      }),
    ),
  ]),
  'clean (no known signature of any kind), or what must and must not be on the disk.',
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
    image: explained(
      choice(['embedded', 'tested']),
      'What the second machine boots. embedded (default): the embedded fast image; tested: the image under test.',
      'tested',
    ).optional(),
  }),
  'Try to bring the old content back, in a second machine, on overlays of the named disks.',
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
      'Byte string that must be nowhere on the named disks (on all disks of the machine if none is named).',
      'residue-marker',
    ).optional(),
    present: explained(presentKey, 'What must be on each of the named disks.', [
      { kind: 'md-superblock' },
    ]).optional(),
    level: explained(
      choice(['content', 'signatures']),
      'content (default): check everything; signatures: skip byte strings and resurrect.',
      'signatures',
    ).optional(),
    resurrect: resurrect.optional(),
  }),
);

export type WrittenDisks = z.infer<typeof disksMapping>;
export type WrittenOneDisk = z.infer<typeof oneDisk>;
export type WrittenPresent = z.infer<typeof present>;

/** `disks`: the raw disks, seen from the host. */
export const kind = defineKind({
  schema: explained(
    z.strictObject({
      disks: explained(disksMapping, 'Expectations for each disk, and for all of them.', {
        vdb: 'clean',
        vdc: 'clean',
        absent: 'residue-marker',
      }),
      ...commonKeys,
    }),
    'Inspects the raw disks from the host: signatures at all their places, and byte strings anywhere.',
    { disks: { vdb: 'clean', vdc: 'clean', absent: 'residue-marker' } },
  ),
  summary: ({ disks: written }) => {
    const named = diskNames(written);
    return named.length === 0 ? 'all' : named.join(', ');
  },
  build: ({ disks: written }, base, reader, { machine }): DisksStep => {
    const inside = reader.below('disks');
    const named = orderedDisks(written, machine, inside);
    const common = {
      absent: listed(written.absent),
      present: readPresent(written.present, ['present'], inside),
    };
    return {
      ...base,
      kind: 'disks',
      disks: named.map((disk) => readDisk(disk, written[disk as DiskName], common, inside)),
      level:
        written.level === undefined
          ? 'content'
          : inside.choice(['level'], written.level, ['content', 'signatures']),
    };
  },
});

const isDisk = (key: string): boolean => /^vd[a-z]$/.test(key);

const diskNames = (written: WrittenDisks): string[] => Object.keys(written).filter(isDisk).sort();

/** The named disks in the machine's order, or all of them; unknown ones are reported. */
function orderedDisks(written: WrittenDisks, machine: Machine, reader: StepReader): string[] {
  const known = machine.disks.map((disk) => disk.name);
  const named = diskNames(written);
  for (const disk of named.filter((name) => !known.includes(name))) {
    const span = reader.document.keySpan([...reader.base, disk]);
    reader.reportAt(span, 'TAPBOOT_E_DISK_UNKNOWN', `the machine has no disk ${disk}`, {
      expected: known.length === 0 ? 'none: the machine has no disks' : listOf(known),
      got: disk,
      hint: suggestion(disk, known),
    });
  }
  const present = named.filter((name) => known.includes(name));
  return named.length === 0 ? known : present;
}

function readDisk(
  disk: string,
  written: WrittenOneDisk | undefined,
  common: Pick<DiskExpectation, 'absent' | 'present'>,
  reader: StepReader,
): DiskExpectation {
  if (written === undefined) return { disk, signatures: 'any', ...common };
  if (written === 'clean') return { disk, signatures: 'none', ...common };
  const { signatures } = written;
  return {
    disk,
    signatures:
      signatures === undefined
        ? 'any'
        : reader.choice([disk, 'signatures'], signatures, ['none', 'any']),
    absent: [...common.absent, ...listed(written.absent)],
    present: [...common.present, ...readPresent(written.present, [disk, 'present'], reader)],
  };
}

function readPresent(
  written: WrittenPresent[] | undefined,
  path: YamlPath,
  reader: StepReader,
): PresentOnDisk[] {
  return (written ?? []).map((item, index) => ({
    bytes: item.bytes,
    kind:
      item.kind === undefined
        ? undefined
        : reader.choice([...path, index, 'kind'], item.kind, DISK_FINDING_KINDS),
    offset:
      item.offset === undefined
        ? undefined
        : readOffset(item.offset, [...path, index, 'offset'], reader),
  }));
}

function readOffset(written: number | string, path: YamlPath, reader: StepReader): number {
  return typeof written === 'string' && /[A-Z]/.test(written)
    ? reader.size(path, written)
    : reader.integer(path, written, 0, Number.MAX_SAFE_INTEGER);
}
