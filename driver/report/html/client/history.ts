// The plots of the history page: one for every scenario and timing of the page's data.
import uPlot from 'uplot';
import type { HistorySummary } from '../../../record/history/history-data.js';
import { byId } from './dom.js';

const data = JSON.parse(byId('data').textContent) as HistorySummary;
const place = byId('plots');
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const ink = dark ? '#ddd' : '#333';
const line = dark ? '#7ab8ff' : '#0b5cad';
const bad = dark ? '#ff8a80' : '#b3261e';
const grid = { stroke: dark ? '#444' : '#ddd', width: 1 };

function plot(
  title: string,
  points: readonly { timestamp: string; seconds?: number; bad?: boolean }[],
): void {
  const drawn = points
    .filter((p) => p.timestamp !== '')
    .sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
  if (drawn.length < 2) return;
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  caption.textContent = title;
  figure.append(caption);
  place.append(figure);
  const at = drawn.map((p) => Date.parse(p.timestamp) / 1000);
  const good = drawn.map((p) => (p.bad ? null : (p.seconds ?? null)));
  const worse = drawn.map((p) => (p.bad ? (p.seconds ?? 0) : null));
  const axis: uPlot.Axis = { stroke: ink, grid, ticks: grid };
  const size = (): { width: number; height: number } => ({
    width: Math.min(1040, figure.clientWidth),
    height: 220,
  });
  const chart = new uPlot(
    {
      ...size(),
      scales: { y: { range: (_plot, _low, high) => [0, (high || 1) * 1.1] } },
      axes: [axis, { ...axis, label: 'seconds' }],
      series: [
        {},
        { label: 'passed', stroke: line, width: 1.5, points: { size: 5 }, spanGaps: true },
        { label: 'not passed', stroke: bad, width: 0, points: { show: true, size: 8, fill: bad } },
      ],
    },
    [at, good, worse],
    figure,
  );
  chart.root.setAttribute('role', 'img');
  chart.root.setAttribute('aria-label', title);
  addEventListener('resize', () => chart.setSize(size()));
}
for (const row of data.scenarios) {
  plot(
    row.id,
    row.verdictsRecent.map((one) => ({ ...one, bad: one.outcome !== 'passed' })),
  );
}
for (const row of data.metrics) {
  plot(
    row.configuration === '' ? row.metric : row.metric + ' (' + row.configuration + ')',
    row.recent,
  );
}
