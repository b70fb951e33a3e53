import type { Sample } from './measure.js';

/** A goal of the project, and how far it was met in this run. */
export interface Goal {
  what: string;
  /** Largest ratio, or number of seconds, that is wanted. */
  wanted: number;
  got: number;
  unit: 'ratio' | 's';
}

/** What one section found. */
export interface SectionResult {
  name: string;
  samples: Record<string, Sample>;
  /** Single figures: bytes, counts. */
  figures?: Record<string, number>;
  goals: Goal[];
  notes?: string[];
}

export const met = ({ wanted, got }: Goal): boolean => got <= wanted;

const number = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(4);

/** The results as Markdown, for people. */
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
        ...goals.map((goal) => {
          const unit = goal.unit === 's' ? ' s' : '';
          const verdict = met(goal) ? 'met' : 'MISSED';
          return `- ${verdict}: ${goal.what}: ${number(goal.got)}${unit} (wanted at most ${String(goal.wanted)}${unit})`;
        }),
        '',
      ].join('\n'),
    )
    .join('\n');
}
