import { duration, plainLine, truncate, width, wrap } from '../plain-text.js';
import type { DurationSummary, HistorySummary } from '../../record/history/history-data.js';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const SPARK = 12;

/** The latest values as bars between the least and the greatest of them. */
export function sparkline(values: readonly number[]): string {
  const shown = values.slice(-SPARK);
  const [least, greatest] = [Math.min(...shown), Math.max(...shown)];
  const range = greatest - least;
  return shown
    .map((value) => BARS[range === 0 ? 3 : Math.round(((value - least) / range) * 7)] ?? '')
    .join('');
}

const percent = (share: number | undefined): string =>
  share === undefined ? '' : `${String(Math.round(share * 1000) / 10)} %`;
const time = (seconds: number | undefined): string =>
  seconds === undefined ? '' : duration(seconds * 1000);
const change = (share: number | undefined): string =>
  share === undefined ? '' : `${share > 0 ? '+' : ''}${String(Math.round(share * 100))} %`;

const cells = ({ median, p95, trend, recent }: DurationSummary): string[] => [
  ...[time(median), time(p95), change(trend)],
  sparkline(recent.map(({ seconds }) => seconds)),
];

/**
 * The past as tables for people, each line ended.
 * @param columns of the terminal; names are cut so that lines fit
 */
export function historyText(summary: HistorySummary, columns: number): string {
  const { runs, outcomes, interrupted, first, last } = summary;
  if (runs === 0) return `no run in ${summary.ledger}\n`;
  const counts = Object.entries({ ...outcomes, interrupted })
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${String(count)} ${name}`);
  const span = [first, last].map((at) => at.slice(0, 10)).join(' to ');
  const head = [`${String(runs)} ${runs === 1 ? 'run' : 'runs'}, ${span}: ${counts.join(', ')}`];
  const metrics = summary.metrics.map((row) => [
    row.configuration === '' ? row.metric : `${row.metric} (${plainLine(row.configuration)})`,
    ...[String(row.count), ...cells(row)],
  ]);
  const scenarios = summary.scenarios.map((row) => [
    plainLine(row.id),
    ...[String(row.verdicts), percent(row.passRate), percent(row.flakeRate), ...cells(row)],
  ]);
  const lines = [
    ...head,
    ...table(['timing', 'runs', 'median', 'p95', 'trend', 'latest'], metrics, columns),
    ...table(
      ['scenario', 'runs', 'pass', 'flaky', 'median', 'p95', 'trend', 'latest'],
      ...([scenarios, columns] as const),
    ),
    ...(summary.regressions.length === 0 ? [] : ['', 'Regressions:']),
    ...summary.regressions.flatMap(({ text }) => paragraph(plainLine(text), columns)),
    ...remarks(summary).flatMap((text) => wrap(text, columns)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Indented, and by more from the second line on; a word wider than that is left whole. */
const paragraph = (text: string, columns: number): string[] =>
  wrap(text, columns - 4).map((one, index) => (index === 0 ? `  ${one}` : `    ${one}`));

function remarks({ badLines, leftOut }: HistorySummary): string[] {
  return [
    ...(badLines.count === 0
      ? []
      : [
          '',
          `${String(badLines.count)} lines cannot be read, the first: ` +
            badLines.examples
              .slice(0, 3)
              .map(({ line, reason }) => `line ${String(line)} (${reason})`)
              .join(', '),
        ]),
    ...(leftOut === 0 ? [] : ['', `${String(leftOut)} entries of further scenarios are left out`]),
  ];
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): string[] {
  if (rows.length === 0) return [];
  const widths = head.map((title, column) =>
    Math.max(width(title), ...rows.map((row) => width(row[column] ?? ''))),
  );
  const others = widths.slice(1).reduce((sum, one) => sum + one + 2, 0);
  const first = Math.min(widths[0] ?? 0, Math.max(12, columns - others));
  const line = (cellsOfRow: readonly string[]): string =>
    cellsOfRow
      .map((cell, column) => {
        if (column === 0)
          return truncate(cell, first) + ' '.repeat(Math.max(0, first - width(cell)));
        const room = ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
        return column === cellsOfRow.length - 1 ? cell : room + cell;
      })
      .join('  ')
      .trimEnd();
  return ['', line(head), ...rows.map(line)];
}
