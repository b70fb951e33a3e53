import type { ReportSpan } from '../report-data.js';

export interface Row {
  label: string;
  spans: ReportSpan[];
  height: number;
  top: number;
  /** Whether a lane begins with it. */
  lane: boolean;
}

const ROW = { scenario: 24, phase: 18, step: 18 };
export const AXIS = 22;
const LANE_GAP = 8;

/** Colour variables of theme.css. */
export function colourOf({ row, kind, outcome }: ReportSpan): string {
  if (row === 'phase') return `--phase-${kind}`;
  return `--${outcome?.replaceAll(' ', '-') ?? 'unfinished'}`;
}

export function rowsOf(spans: readonly ReportSpan[]): Row[] {
  const lanes = [...new Set(spans.map(({ lane }) => lane))].sort((a, b) =>
    a === 'run' ? -1 : b === 'run' ? 1 : Number(a) - Number(b),
  );
  const workers = lanes.filter((lane) => lane !== 'run').length;
  const rows: Row[] = [];
  let top = AXIS;
  for (const lane of lanes) {
    const title = lane === 'run' ? 'Set-up' : workers > 1 ? `Worker ${lane}` : 'Scenarios';
    const names = { scenario: title, phase: lane === 'run' ? title : 'Machine', step: 'Steps' };
    for (const row of ['scenario', 'phase', 'step'] as const) {
      const own = spans.filter((span) => span.lane === lane && span.row === row);
      for (const [index, tracked] of tracks(own).entries()) {
        const first = rows.at(-1)?.lane !== undefined && row === 'scenario' && index === 0;
        if (first) top += LANE_GAP;
        const label = index === 0 ? names[row] : '';
        rows.push({ label, spans: tracked, height: ROW[row], top, lane: first });
        top += ROW[row] + 2;
      }
    }
  }
  return rows;
}

/** What goes on side by side gets a row each: one would hide the other. In order of the start. */
function tracks(spans: readonly ReportSpan[]): ReportSpan[][] {
  const rows: ReportSpan[][] = [];
  for (const span of spans) {
    const free = rows.find((row) => (row.at(-1)?.endedAt ?? 0) <= span.startedAt);
    if (free === undefined) rows.push([span]);
    else free.push(span);
  }
  return rows;
}
