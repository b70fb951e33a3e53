/** @typedef {import('../report-data.js').ReportSpan} Span */
/** @typedef {{ label: string, spans: Span[], height: number, top: number, lane: boolean }} Row */

const ROW = { scenario: 24, phase: 18, step: 18 };
export const AXIS = 22;
const LANE_GAP = 8;

/** Colour variables of theme.css. @param {Span} span */
export function colourOf({ row, kind, outcome }) {
  if (row === 'phase') return `--phase-${kind}`;
  return `--${outcome?.replaceAll(' ', '-') ?? 'unfinished'}`;
}

/** @param {Span[]} spans @returns {Row[]} */
export function rowsOf(spans) {
  const lanes = [...new Set(spans.map(({ lane }) => lane))].sort((a, b) =>
    a === 'run' ? -1 : b === 'run' ? 1 : Number(a) - Number(b),
  );
  const workers = lanes.filter((lane) => lane !== 'run').length;
  /** @type {Row[]} */
  const rows = [];
  let top = AXIS;
  for (const lane of lanes) {
    const title = lane === 'run' ? 'Set-up' : workers > 1 ? `Worker ${lane}` : 'Scenarios';
    const names = { scenario: title, phase: lane === 'run' ? title : 'Machine', step: 'Steps' };
    for (const row of /** @type {const} */ (['scenario', 'phase', 'step'])) {
      const own = spans.filter((span) => span.lane === lane && span.row === row);
      if (own.length === 0) continue;
      const first = rows.at(-1)?.lane !== undefined && row === 'scenario';
      if (first) top += LANE_GAP;
      rows.push({ label: names[row], spans: own, height: ROW[row], top, lane: first });
      top += ROW[row] + 2;
    }
  }
  return rows;
}
