import { verdictOf, type Goal } from './goals.js';
import type { Sample } from './measure.js';

/** What one section found. */
export interface SectionResult {
  name: string;
  /** Seconds: of the clock, or of a CPU where the name says so. */
  samples: Record<string, Sample>;
  /** Single figures: ratios, bytes, counts. */
  figures?: Record<string, number>;
  goals: Goal[];
  notes?: string[];
}

const number = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(4);

/** The results as Markdown, for people: a table for each section, and one of all goals. */
export function tableOf(results: readonly SectionResult[]): string {
  return results
    .map(({ name, samples, figures, goals, notes }) =>
      [
        `## ${name}`,
        '',
        '| what | median s | spread | min | max | n |',
        '|---|---:|---:|---:|---:|---:|',
        ...Object.entries(samples).map(([what, { median, spread, min, max, values }]) => {
          const cells = [number(median), number(spread), number(min), number(max)];
          return `| ${what} | ${cells.join(' | ')} | ${String(values.length)} |`;
        }),
        '',
        ...Object.entries(figures ?? {}).map(([what, value]) => `- ${what}: ${number(value)}`),
        ...(notes ?? []).map((note) => `- ${note}`),
        ...goals.map((one) => `- ${verdictOf(one)}: ${one.what}: ${worded(one)}`),
        '',
      ].join('\n'),
    )
    .join('\n');
}

const worded = ({ wanted, got }: Goal): string =>
  typeof got === 'object' ? got.unmeasured : `${number(got)} (wanted: at most ${String(wanted)})`;

/** All goals of a run, with the verdict on each. */
export function goalTable(results: readonly SectionResult[]): string {
  const goals = results.flatMap((result) => result.goals);
  const rows = goals.map((one) => {
    const got = typeof one.got === 'object' ? '–' : number(one.got);
    return `| ${one.what} | ≤ ${String(one.wanted)} | ${got} | ${verdictOf(one)} |`;
  });
  if (rows.length === 0) return '';
  return ['## goals', '', '| what | goal | got | |', '|---|---:|---:|---|', ...rows, ''].join('\n');
}

/**
 * Replaces what stands between `<!-- generated: NAME -->` and the next `<!-- end -->`.
 * @throws Error when the page has no such place
 */
export function putBetweenMarks(page: string, name: string, text: string): string {
  const begin = `<!-- generated: ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf('<!-- end -->', from);
  if (from === -1 || to === -1) throw new Error(`the page has no place for “${name}”`);
  return `${page.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${page.slice(to)}`;
}
