import type { ReportRun } from './report-data.js';

/** `2026-11-22 20:28:18 UTC` */
export function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export const plural = (count: number, noun: string): string =>
  `${String(count)} ${noun}${count === 1 ? '' : 's'}`;

/** How each outcome of a run is called, and the sign that goes with it: never colour alone. */
export const VERDICTS: Record<ReportRun['outcome'], { word: string; sign: string }> = {
  passed: { word: 'Passed', sign: '✓' },
  flaky: { word: 'Flaky', sign: '≈' },
  failed: { word: 'Failed', sign: '✕' },
  error: { word: 'Error', sign: '!' },
  unfinished: { word: 'Unfinished', sign: '…' },
};

/** `3 of 4 scenarios passed, 1 failed`, and the steps. */
export function verdictSentence(run: ReportRun): string {
  const counts = Object.entries(run.counts).filter(([, count]) => count > 0);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const others = counts
    .filter(([outcome]) => outcome !== 'passed')
    .map(([outcome, count]) => `, ${String(count)} ${outcome.replace('-', ' ')}`)
    .join('');
  const steps = Object.entries(run.steps)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${String(count)} ${outcome}`)
    .join(', ');
  const scenarios =
    total === 0
      ? 'No scenario has ended'
      : `${String(run.counts.passed ?? 0)} of ${plural(total, 'scenario')} passed${others}`;
  return `${scenarios}. ${steps === '' ? 'No step has ended.' : `Steps: ${steps}.`}`;
}
