import { writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { scenarioError } from '../../errors.js';
import type { DiskView } from '../../machine/machine-under-test.js';
import type { DiskMap, Mismatch } from '../../events/events.js';
import { DISK_FINDING_KINDS } from '../../language/disk-findings.js';
import {
  findingLine,
  findingsTable,
  inspectDisk,
  judgeDisk,
  type DiskExpectation as ResidueExpectation,
  type FindingKind,
  type Inspection,
} from '../../residue/index.js';
import type { DiskExpectation, DisksStep, PresentOnDisk } from './schema.js';
import type { StepContext } from '../step-runner.js';

/** Findings of one disk that are noted in the step; all of them are in its table. */
const NOTED_FINDINGS = 10;

/** What a look at one disk has come to. */
export interface Judged {
  /** What does not hold. */
  mismatches: Mismatch[];
  /** Every byte of the disk is zero. */
  blank: boolean;
}

/** Looks at one disk and says what does not hold; notes and keeps what was found. */
export async function judgeView(
  view: DiskView,
  expectation: DiskExpectation,
  step: DisksStep,
  context: StepContext,
): Promise<Judged> {
  const wanted = atLevel(expectation, step.level);
  const inspection = await inspectDisk(view.path, {
    search: searchedFor(wanted),
    signal: context.signal,
  });
  noteFindings(view, inspection, context);
  context.addDiskMap(diskMap(view, inspection, context));
  await keepTable(view, inspection, context);
  const blank = inspection.nonZero.bytes === 0;
  if (wanted.signatures === 'any' && wanted.absent.length === 0 && wanted.present.length === 0) {
    context.note(`${view.disk}: no expectation at level ${step.level}`);
    return { mismatches: [], blank };
  }
  const mismatches = judgeDisk(inspection, residueExpectation(wanted))
    .filter(({ held }) => !held)
    .map(({ expectation: what, expected, got }) => ({
      what: `${view.disk} ${stateWords(view)}: ${what}`,
      expected,
      got,
    }));
  return { mismatches, blank };
}

/** The words for when a view was taken: an unflushed one shows less than the guest wrote. */
export function stateWords({ state }: Pick<DiskView, 'state'>): string {
  if (state === 'power-off') return '(powered off)';
  return state === 'synced' ? '(flushed, paused)' : '(NOT flushed: the guest could not be asked)';
}

/** At level `signatures`, byte strings are left out. */
function atLevel(expectation: DiskExpectation, level: DisksStep['level']): DiskExpectation {
  if (level === 'content') return expectation;
  return {
    ...expectation,
    absent: [],
    present: expectation.present.filter(({ bytes }) => bytes === undefined),
  };
}

const searchedFor = ({ absent, present }: DiskExpectation): string[] => [
  ...absent,
  ...present.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes])),
];

function residueExpectation({ signatures, absent, present }: DiskExpectation): ResidueExpectation {
  return {
    signatures: signatures === 'none' ? signatures : undefined,
    absent,
    present: present.map(({ kind, ...rest }) => ({
      ...rest,
      kind: kind === undefined ? undefined : findingKind(kind, rest),
    })),
  };
}

function findingKind(kind: string, entry: Omit<PresentOnDisk, 'kind'>): FindingKind {
  const known = DISK_FINDING_KINDS.find((name) => name === kind);
  if (known !== undefined) return known;
  throw scenarioError('TAPBOOT_E_DISK_KIND', `unknown kind of finding '${kind}'`, {
    expected: DISK_FINDING_KINDS.join(', '),
    got: JSON.stringify({ kind, ...entry }),
  });
}

function noteFindings(view: DiskView, inspection: Inspection, context: StepContext): void {
  const { findings } = inspection;
  const name = `${view.disk} ${stateWords(view)}`;
  if (findings.length === 0) {
    const { bytes } = inspection.nonZero;
    const rest = bytes === 0 ? 'blank' : `${String(bytes)} bytes of no known format`;
    context.note(`${name}: nothing found, ${rest}`);
    return;
  }
  for (const finding of findings.slice(0, NOTED_FINDINGS)) {
    context.note(`${name}: ${findingLine(finding)}`);
  }
  const more = findings.length - NOTED_FINDINGS;
  if (more > 0) context.note(`${name}: ${String(more)} more findings, all in its table`);
}

function diskMap(view: DiskView, inspection: Inspection, context: StepContext): DiskMap {
  return {
    disk: view.disk,
    sizeBytes: inspection.sizeBytes,
    state: stateWords(view).replace(/^\(|\)$/g, ''),
    findings: inspection.findings.map(({ offset, length, kind, what }) => ({
      offset,
      kind,
      what: context.redact(what),
      length,
    })),
    nonZero: inspection.nonZero.first.map(({ offset, length }) => ({ offset, length })),
  };
}

async function keepTable(
  view: DiskView,
  inspection: Inspection,
  context: StepContext,
): Promise<void> {
  await mkdir(context.artifactsDirectory, { recursive: true });
  const file = path.join(
    context.artifactsDirectory,
    `step-${String(context.index).padStart(2, '0')}-${view.disk}-findings.txt`,
  );
  const text = `${view.disk} ${stateWords(view)}\n${findingsTable(inspection)}\n`;
  await writeFile(file, context.redact(text));
  context.addArtifact({
    label: `findings on ${view.disk} (step ${String(context.index)})`,
    path: file,
  });
}
