import { duration, plainLine } from './plain-text.js';
import { failureText, placeOf } from './failure-lines.js';
import type { RunTable, ScenarioRow } from './run-table.js';

const MARKS: Record<string, string> = {
  passed: '✅',
  flaky: '🔁',
  known: '🔶',
  failed: '❌',
  queued: '⏳',
  'not-run': '⏭️',
  interrupted: '🚫',
};

/**
 * The run as Markdown: counts, a table of the scenarios, failures in full. Whole pieces only:
 * what would not fit in so many bytes is left out, and that is said.
 */
export function stepSummary(table: RunTable, mostBytes: number): string {
  const { start, end } = table;
  const head =
    `## tapboot: ${end?.outcome ?? 'error'}\n\n${countsOf(table)} ` +
    `in ${duration(end?.durationMs ?? 0)}; exit code ${String(end?.exitCode ?? '')}, ` +
    `run ${cell(start?.run ?? '')}\n\n`;
  const tableHead = '| | scenario | verdict | time | where |\n|---|---|---|---:|---|\n';
  const pieces = [
    ...(table.runFailure === undefined ? [] : [`${fenced(failureText(table.runFailure))}\n`]),
    ...(table.rows.length === 0 ? [] : [tableHead]),
    ...table.rows.map(line),
    '\n',
    ...table.rows.flatMap(details),
  ];
  return fit(head, pieces, mostBytes);
}

function fit(head: string, pieces: readonly string[], mostBytes: number): string {
  const note = '\n… the rest does not fit here; the run directory has all of it.\n';
  const size = (value: string): number => Buffer.byteLength(value);
  let out = head;
  let left = mostBytes - size(head) - size(note);
  if (left < 0) return '';
  for (const piece of pieces) {
    left -= size(piece);
    if (left < 0) return out + note;
    out += piece;
  }
  return out;
}

function countsOf({ rows }: RunTable): string {
  const outcomes = [
    ...(['passed', 'flaky', 'known', 'failed', 'interrupted', 'queued', 'not-run'] as const),
  ];
  return outcomes
    .map((outcome) => [rows.filter((row) => row.outcome === outcome).length, outcome] as const)
    .filter(([count, outcome]) => count > 0 || outcome === 'passed' || outcome === 'failed')
    .map(([count, outcome]) => `${String(count)} ${outcome.replace('-', ' ')}`)
    .join(', ');
}

/** Text in a cell: nothing of it may become markup. */
const cell = (text: string): string =>
  plainLine(text)
    .replace(/[\\`*_{}[\]<>#|~]/g, '\\$&')
    .replaceAll('@', '@\u200b');

function line({ name, outcome = 'interrupted', failure, durationMs, file }: ScenarioRow): string {
  const why = failure === undefined ? '' : ` (${failure.class})`;
  const place = (failure === undefined ? '' : placeOf(failure)) || file;
  const time = duration(durationMs);
  return `| ${MARKS[outcome] ?? ''} | ${cell(name)} | ${outcome.replace('-', ' ')}${why} | ${time} | ${cell(place)} |\n`;
}

function details({ name, outcome, failure, previous }: ScenarioRow): string[] {
  const failures = [...previous, ...(failure === undefined ? [] : [failure])];
  if (failures.length === 0) return [];
  const known = failure?.knownIssue;
  const note =
    known === undefined
      ? ''
      : `Known issue, owner ${cell(known.owner)}, until ${known.expires}: ${cell(known.reason)}\n\n`;
  const body = failures.map((one) => fenced(failureText(one))).join('\n');
  const title = `${cell(name)}: ${outcome ?? 'no verdict'}`;
  return [`<details><summary>${html(title)}</summary>\n\n${note}${body}\n</details>\n\n`];
}

const html = (text: string): string =>
  text
    .replaceAll('\\', '')
    .replace(/[&<>]/g, (character) =>
      character === '&' ? '&amp;' : character === '<' ? '&lt;' : '&gt;',
    );

/** A fence longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}\n`;
}
