import { appendFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { EventSink, Failure } from '../../events/events.js';
import { asItIs, guardedOutput, type Sink } from '../output.js';
import { plainLine, plainText } from '../plain-text.js';
import type { ReportContext, ReportFormats } from '../report-format.js';
import { stepSummary } from '../github-summary.js';
import { clearReport, writeReport } from '../report-file.js';
import { RunTable, type ScenarioRow } from '../run-table.js';

/** GitHub shows so many annotations of a level for a step, and drops the rest in silence. */
const MOST_OF_A_LEVEL = 10;
/** GitHub refuses a summary above 1 MiB, whole. */
const LARGEST_SUMMARY = 1024 * 1024;
const LONGEST_MESSAGE = 4000;

type Level = 'error' | 'warning';

interface Annotation {
  level: Level;
  title: string;
  message: string;
  at?: Failure['at'];
}

/**
 * GitHub: annotations as workflow commands, to the target or to stderr, and the step's
 * summary in Markdown, to `$GITHUB_STEP_SUMMARY` where there is one. Failures are errors;
 * scenarios that are flaky, known, queued or not run are warnings.
 */
export function githubReport(context: ReportContext): EventSink {
  const { target, stderr, stepSummary: summaryFile } = context;
  if (target !== undefined) clearReport(target);
  const table = new RunTable();
  return {
    handle: (event) => {
      table.handle(event);
    },
    close: async () => {
      const text = annotations(table, context);
      if (target === undefined) await tell(stderr, text);
      else writeReport(target, text);
      if (summaryFile === undefined) return;
      const taken = statSync(summaryFile, { throwIfNoEntry: false })?.size ?? 0;
      appendFileSync(summaryFile, stepSummary(table, LARGEST_SUMMARY - taken));
    },
  };
}

async function tell(stream: Sink, text: string): Promise<void> {
  const output = guardedOutput(asItIs(stream));
  output.write(text);
  await output.close();
}

/** The workflow commands, one a line; what goes beyond GitHub's limit is counted in the last. */
export function annotations(
  table: RunTable,
  place: Pick<ReportContext, 'workingDirectory' | 'workspace'>,
): string {
  const all = table.rows.flatMap(ofScenario);
  const { runFailure } = table;
  if (runFailure !== undefined) all.unshift(ofFailure('the run itself', runFailure));
  const limited = [...limit(all, 'error'), ...limit(all, 'warning')];
  return limited.map((one) => `${command(one, place)}\n`).join('');
}

function limit(all: readonly Annotation[], level: Level): Annotation[] {
  const these = all.filter((one) => one.level === level);
  if (these.length <= MOST_OF_A_LEVEL) return these;
  const shown = these.slice(0, MOST_OF_A_LEVEL - 1);
  const rest = these.slice(shown.length);
  const message = rest.map(({ title }) => title).join('\n');
  return [...shown, { level, title: `${String(rest.length)} more ${level}s`, message }];
}

function ofScenario(row: ScenarioRow): Annotation[] {
  const { name, outcome, failure, previous } = row;
  if (outcome === 'passed') return [];
  if (outcome === 'queued' || outcome === 'not-run') {
    const title = `${name}: ${outcome.replace('-', ' ')}`;
    return [{ level: 'warning', title, message: row.notBegunBecause ?? '' }];
  }
  if (outcome === 'flaky') {
    const [first] = previous;
    const message = `passed on attempt ${String(previous.length + 1)}; before: ${first?.message ?? ''}`;
    return [{ level: 'warning', title: `${name}: flaky`, message, ...placed(first) }];
  }
  if (failure === undefined) {
    return [{ level: 'error', title: `${name}: ${outcome ?? 'no verdict'}`, message: 'not run' }];
  }
  const known = failure.knownIssue;
  if (outcome !== 'known' || known === undefined) return [ofFailure(name, failure)];
  const message = `${known.reason} (${known.owner}, until ${known.expires})`;
  return [{ level: 'warning', title: `${name}: known issue`, message, ...placed(failure) }];
}

const placed = (failure: Failure | undefined): Pick<Annotation, 'at'> => ({ at: failure?.at });

function ofFailure(name: string, failure: Failure): Annotation {
  const details = failure.mismatches.map(
    ({ what, expected, got }) => `${what}: expected ${expected}, got ${got}`,
  );
  return {
    level: 'error',
    title: `${name}: ${failure.class}`,
    message: [failure.message, ...details].join('\n'),
    ...placed(failure),
  };
}

/** Escapes of workflow commands; without them a guest's text could forge a command. */
const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const propertyValue = (text: string): string =>
  data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function command(
  { level, title, message, at }: Annotation,
  { workingDirectory, workspace }: Pick<ReportContext, 'workingDirectory' | 'workspace'>,
): string {
  const properties: Record<string, string> = {};
  if (at !== undefined) {
    const file = path.resolve(workingDirectory, at.file);
    const inside = path.relative(workspace ?? workingDirectory, file);
    properties['file'] = inside.startsWith('..') ? file : inside;
    properties['line'] = String(at.line);
    properties['col'] = String(at.column);
  }
  properties['title'] = plainLine(title);
  const list = Object.entries(properties).map(([key, value]) => `${key}=${propertyValue(value)}`);
  const told = plainText(message);
  const cut = told.length > LONGEST_MESSAGE ? `${told.slice(0, LONGEST_MESSAGE)}…` : told;
  return `::${level} ${list.join(',')}::${data(cut)}`;
}

export const formats: ReportFormats = {
  github: {
    summary: 'GitHub annotations, and the step summary',
    target: 'optional file',
    open: githubReport,
  },
};
