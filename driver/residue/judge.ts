import { scenarioError } from '../errors.js';
import { contentKinds, type Finding, type FindingKind, type Inspection } from './finding.js';
import { searchName } from './search.js';
import { findingLine, offsetText } from './table.js';

/** Something that must lie on a disk; what is given must hold together, in one finding. */
export interface PresentFinding {
  /** A byte string that was searched for. */
  bytes?: string | Buffer;
  kind?: FindingKind;
  /** Bytes from the start of the disk. */
  offset?: number;
  /** Text that `what` contains. */
  what?: string;
}

/** What a scenario expects of one disk. */
export interface DiskExpectation {
  /** No finding at all: no signature, none of the searched strings. */
  clean?: boolean;
  /** `none`: no mark of any known format; `some`: at least one. */
  signatures?: 'none' | 'some';
  /** Byte strings that must be nowhere. */
  absent?: readonly (string | Buffer)[];
  present?: readonly PresentFinding[];
}

/** One expectation, judged. `got` tells offsets and kinds. */
export interface DiskJudgement {
  expectation: string;
  held: boolean;
  expected: string;
  got: string;
}

const gotLimit = 20;

/**
 * Judges an inspection; one entry for each expectation, in the order given above.
 * @throws TapbootError `scenario` when a byte string was not searched for by the inspection
 *   (its absence would prove nothing), or when nothing is expected at all
 */
export function judgeDisk(inspection: Inspection, expectation: DiskExpectation): DiskJudgement[] {
  const { findings } = inspection;
  const signatures = findings.filter(({ kind }) => !contentKinds.has(kind));
  const judgements: DiskJudgement[] = [];
  if (expectation.clean === true) {
    judgements.push(noneOf('clean', 'nothing known on the disk', findings));
  }
  if (expectation.signatures === 'none') {
    judgements.push(noneOf('signatures: none', 'no signature of any known format', signatures));
  } else if (expectation.signatures === 'some') {
    judgements.push({
      expectation: 'signatures: some',
      held: signatures.length > 0,
      expected: 'at least one signature of a known format',
      got: listing(signatures),
    });
  }
  for (const value of expectation.absent ?? []) {
    const name = searched(inspection, value);
    const found = findings.filter(({ detail }) => detail['search'] === name);
    const count = inspection.counts.find(({ subject }) => subject === name)?.count ?? found.length;
    judgements.push({
      expectation: `absent: ${name}`,
      held: count === 0,
      expected: `${JSON.stringify(name)} nowhere`,
      got: count === 0 ? 'not found' : `${String(count)} time(s): ${places(found, count)}`,
    });
  }
  for (const wanted of expectation.present ?? []) judgements.push(present(inspection, wanted));
  if (judgements.length === 0) {
    throw scenarioError('TAPBOOT_E_DISK_NOTHING_EXPECTED', 'nothing is expected of the disk', {
      expected: 'at least one of clean, signatures, absent, present',
      hint: 'A check without an expectation cannot fail; state what must or must not be on the disk.',
    });
  }
  return judgements;
}

const noneOf = (expectation: string, expected: string, found: readonly Finding[]) => ({
  expectation,
  held: found.length === 0,
  expected,
  got: listing(found),
});

function present(inspection: Inspection, wanted: PresentFinding): DiskJudgement {
  const name = wanted.bytes === undefined ? undefined : searched(inspection, wanted.bytes);
  const parts = [
    name === undefined ? [] : [JSON.stringify(name)],
    wanted.kind === undefined ? [] : [`kind ${wanted.kind}`],
    wanted.what === undefined ? [] : [`described by ${JSON.stringify(wanted.what)}`],
    wanted.offset === undefined ? [] : [`at ${offsetText(wanted.offset)}`],
  ].flat();
  if (parts.length === 0) {
    throw scenarioError('TAPBOOT_E_DISK_NOTHING_EXPECTED', 'an entry of present names nothing', {
      expected: 'at least one of bytes, kind, offset, what',
    });
  }
  // Everything but the place, so that a right thing at a wrong place is shown.
  const alike = inspection.findings.filter(
    ({ kind, detail, what }) =>
      (name === undefined || detail['search'] === name) &&
      (wanted.kind === undefined || kind === wanted.kind) &&
      (wanted.what === undefined || what.includes(wanted.what)),
  );
  const held = alike.some(({ offset }) => wanted.offset === undefined || offset === wanted.offset);
  return {
    expectation: `present: ${parts.join(', ')}`,
    held,
    expected: parts.join(', '),
    got: listing(alike.length > 0 ? alike : inspection.findings),
  };
}

function searched(inspection: Inspection, value: string | Buffer): string {
  const name = searchName(value);
  if (inspection.searched.includes(name)) return name;
  throw scenarioError(
    'TAPBOOT_E_SEARCH_MISSING',
    `the disk was not searched for ${JSON.stringify(name)}`,
    {
      expected: 'every byte string of an expectation among those searched for',
      got: inspection.searched.length === 0 ? 'no search at all' : inspection.searched.join(', '),
      hint: 'Pass the string to inspectDisk as well; what was not searched for cannot be called absent.',
    },
  );
}

function listing(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'nothing';
  const lines = findings.slice(0, gotLimit).map(findingLine);
  const more = findings.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${String(more)} more`] : [])].join('\n');
}

function places(findings: readonly Finding[], count: number): string {
  const shown = findings.slice(0, gotLimit).map(({ offset }) => offsetText(offset));
  return `bytes at ${shown.join(', ')}${count > shown.length ? `, and ${String(count - shown.length)} more` : ''}`;
}
