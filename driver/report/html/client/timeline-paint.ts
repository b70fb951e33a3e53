import type { ReportSpan } from '../report-data.js';
import { AXIS, colourOf, type Row } from './timeline-rows.js';
import type { TimelineView } from './timeline-view.js';

/** What there is to draw, and where. */
export interface Painting {
  canvas: HTMLCanvasElement;
  view: TimelineView;
  height: number;
  rows: readonly Row[];
  selected: ReportSpan | undefined;
}

/** Draws the part of time that the chart's view shows. */
export function paintTimeline(chart: Painting): void {
  const { canvas, view } = chart;
  const width = canvas.clientWidth;
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(chart.height * ratio);
  const context = canvas.getContext('2d');
  if (context === null || width === 0) return;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const colour = (name: string): string => style.getPropertyValue(name) || '#888';
  context.font = `12px ${style.fontFamily}`;
  context.textBaseline = 'middle';
  const { step, ticks } = view.ticks(width / 90);
  for (const tick of ticks) {
    const x = Math.round(((view.first + tick - view.start) / view.span) * width) + 0.5;
    context.fillStyle = colour('--line');
    context.fillRect(x, AXIS - 4, 1, chart.height);
    context.fillStyle = colour('--quiet');
    const text =
      step < 1000
        ? `${(tick / 1000).toFixed(step < 100 ? 3 : 1)} s`
        : `${Math.floor(tick / 60000)}:${String(Math.floor(tick / 1000) % 60).padStart(2, '0')}`;
    context.fillText(text, x + 3, 9);
  }
  for (const row of chart.rows) {
    paintRow(chart, context, row, width, colour);
  }
}

function paintRow(
  { view, selected }: Painting,
  context: CanvasRenderingContext2D,
  { spans, top, height }: Row,
  width: number,
  colour: (name: string) => string,
): void {
  // Where thousands fall on one pixel, one of them is drawn; trouble is drawn over them.
  let drawnTo = -1;
  for (const pass of ['others', 'trouble']) {
    for (const span of spans) {
      const trouble = span.outcome === 'failed';
      if ((pass === 'trouble') !== trouble) continue;
      if (span.endedAt < view.start || span.startedAt > view.end) continue;
      const x = Math.max(0, ((span.startedAt - view.start) / view.span) * width);
      const right = Math.min(width, ((span.endedAt - view.start) / view.span) * width);
      const wide = Math.max(right - x, trouble ? 3 : 1);
      if (!trouble && x + wide <= drawnTo + 0.5) continue;
      drawnTo = x + wide;
      context.fillStyle = colour(colourOf(span));
      context.fillRect(x, top, Math.max(wide - (wide > 3 ? 1 : 0), 1), height);
      if (span === selected) {
        context.strokeStyle = colour('--ink');
        context.lineWidth = 2;
        context.strokeRect(x + 1, top + 1, Math.max(wide - 2, 2), height - 2);
      }
      if (wide < 34) continue;
      context.save();
      context.beginPath();
      context.rect(x, top, wide - 5, height);
      context.clip();
      context.fillStyle = colour('--on-fill');
      context.fillText(span.text, x + 5, top + height / 2 + 0.5);
      context.restore();
    }
  }
}
