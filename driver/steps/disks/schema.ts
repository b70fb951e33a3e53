import { z } from 'zod';
import type { SourceLocation } from '../../location.js';
import { DISK_FINDING_KINDS } from '../../language/disk-findings.js';
import type { Machine } from '../../language/machine-shape.js';
import type { StepBase } from '../../language/step-base.js';
import type { RunStep } from '../run/schema.js';
import { suggestion } from '../../language/problem.js';
import { commonKeys } from '../../language/schema/common.js';
import {
  disksMapping,
  type DiskName,
  type WrittenDisks,
  type WrittenOneDisk,
  type WrittenPresent,
} from './keys.js';
import { explained } from '../../language/schema/leaves.js';
import type { YamlPath } from '../../language/yaml/path.js';
import { listOf } from '../../language/yaml/show.js';
import { listed } from '../expectation-schema.js';
import { defineKind } from '../kind.js';
import type { StepReader } from '../../language/reader.js';

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

/** `disks`: the raw disks, seen from the host. */
export const kind = defineKind({
  schema: explained(
    z.strictObject({
      disks: explained(disksMapping, 'What is expected of each disk, and of all of them.', {
        vdb: 'clean',
        vdc: 'clean',
        absent: 'residue-marker',
      }),
      ...commonKeys,
    }),
    'Looks at the raw disks from the host: signatures at all their places, and byte strings anywhere.',
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
