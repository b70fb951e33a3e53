import uPlot from 'uplot';
import type { ReportData } from '../report-data.js';
import { byId, h } from './dom.js';
import type { Replay } from './replay.js';
import { clock, hashOf, isTrouble, outcomeClass, took } from './words.js';

/** @param name of a variable of theme.css */
const themeColour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name) || '#888';

const FONT = '12px system-ui, sans-serif';

/** Axis with the theme's colours, read at every drawing. */
const axis = (own: uPlot.Axis): uPlot.Axis => ({
  stroke: () => themeColour('--quiet'),
  grid: { stroke: () => themeColour('--line'), width: 1 },
  ticks: { stroke: () => themeColour('--line'), width: 1 },
  font: FONT,
  ...own,
});

/** Keeps a plot as wide as its place, and in the colours of the theme. */
function fitted(
  place: HTMLElement,
  height: number,
  make: (width: number) => uPlot,
): () => uPlot | undefined {
  let plot: uPlot | undefined;
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width === 0) return;
    if (plot === undefined) plot = make(width);
    else if (plot.width !== width) plot.setSize({ width, height });
  }).observe(place);
  document.addEventListener('tapboot:theme', () => plot?.redraw());
  return () => plot;
}

/** The plot of a console's activity, and how to tell it the time that is shown. */
export interface ActivityPlot {
  element: HTMLElement;
  at(time: number): void;
}

/**
 * How much a console said and when; a click goes there. The slider beside it does the same
 * for the keyboard.
 */
export function activityPlot(
  replay: Replay,
  steps: readonly { at: number }[],
  seek: (time: number) => void,
): ActivityPlot {
  const { counts, width } = replay.activity(240);
  const times = counts.map((_, index) => (index + 0.5) * width);
  const element = h('div', { class: 'plot', 'aria-hidden': true });
  let now = 0;
  const plot = fitted(element, 90, (wide) => {
    const made = new uPlot(
      {
        width: wide,
        height: 90,
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
        scales: { x: { time: false, range: [0, Math.max(replay.duration, 0.001)] } },
        axes: [
          axis({
            size: 26,
            values: (_, ticks) => ticks.map(clock),
          }),
          { show: false },
        ],
        series: [
          {},
          {
            paths: uPlot.paths.bars?.({ size: [0.9], gap: 0 }),
            fill: () => themeColour('--accent'),
            width: 0,
            points: { show: false },
          },
        ],
        hooks: {
          draw: [
            (u) => {
              const { ctx, bbox } = u;
              const line = (at: number, name: string, share: number): void => {
                const x = u.valToPos(at, 'x', true);
                ctx.fillStyle = themeColour(name);
                ctx.fillRect(
                  x,
                  bbox.top + bbox.height * (1 - share),
                  Math.max(1, devicePixelRatio),
                  bbox.height * share,
                );
              };
              for (const { at } of steps) line(at, '--quiet', 0.12);
              for (const { at } of replay.markers) line(at, '--flaky', 1);
              line(now, '--failed', 1);
            },
          ],
        },
      },
      [times, counts],
      element,
    );
    made.over.addEventListener('click', () => seek(made.posToVal(made.cursor.left ?? 0, 'x')));
    return made;
  });
  return {
    element,
    at: (time) => {
      now = time;
      plot()?.redraw(false, false);
    },
  };
}

/** Where the time of the run went: phases and kinds of steps, and every step. */
export function durations(data: ReportData): void {
  const section = byId('durations');
  const sums = new Map<string, { total: number; count: number }>();
  for (const { row, kind, startedAt, endedAt, anchor, step } of data.spans) {
    if (row === 'scenario') continue;
    const scenario =
      row === 'step' ? data.scenarios.find((candidate) => candidate.anchor === anchor) : undefined;
    const stepKind = scenario?.steps[(step ?? 0) - 1]?.kind;
    const name = row === 'phase' ? kind : `${stepKind ?? 'step'} steps`;
    const sum = sums.get(name) ?? { total: 0, count: 0 };
    sums.set(name, { total: sum.total + endedAt - startedAt, count: sum.count + 1 });
  }
  const ranked = [...sums].sort(([, a], [, b]) => b.total - a.total);
  if (ranked.length === 0) {
    section.append(h('p', {}, 'Nothing was timed in this run.'));
    return;
  }
  const most = ranked[0]?.[1].total ?? 1;
  const rows = ranked.map(([name, { total, count }]) => {
    const bar = h('div', { class: 'share' });
    bar.style.width = `${(total / Math.max(most, 1)) * 100}%`;
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      h('td', { class: 'share-cell' }, bar),
      h('td', { class: 'number' }, took(total)),
      h('td', { class: 'number quiet' }, `${count}×`),
    );
  });
  section.append(h('table', { class: 'shares' }, h('tbody', {}, ...rows)));
  stepPlot(data, section);
}

function stepPlot(data: ReportData, section: HTMLElement): void {
  const steps = data.scenarios.flatMap((scenario) =>
    scenario.steps.flatMap((step) =>
      step.startedAt === undefined || step.outcome === 'skipped'
        ? []
        : [{ ...step, anchor: scenario.anchor }],
    ),
  );
  if (steps.length < 2) return;
  const place = h('div', { class: 'plot', 'aria-hidden': true });
  const slowest = [...steps].sort((a, b) => b.durationMs - a.durationMs).slice(0, 10);
  section.append(
    h('h3', {}, 'Every step, in the order of the run'),
    place,
    h('h3', {}, 'The slowest'),
    h(
      'ol',
      { class: 'slowest' },
      ...slowest.map(({ anchor, index, title, durationMs, outcome }) =>
        h(
          'li',
          { class: outcomeClass(outcome) },
          h('span', { class: 'took' }, took(durationMs)),
          ' ',
          h('a', { href: hashOf(anchor, index) }, `${anchor} › ${index} ${title}`),
        ),
      ),
    ),
  );
  const seconds = steps.map(({ durationMs }) => Math.max(durationMs, 0.5) / 1000);
  const of = (trouble: boolean): (number | null)[] =>
    steps.map(({ outcome }, at) => (isTrouble(outcome) === trouble ? (seconds[at] ?? null) : null));
  const points = (name: string, size: number): uPlot.Series => ({
    paths: () => null,
    points: {
      show: true,
      size,
      width: 0,
      fill: () => themeColour(name),
      stroke: () => themeColour(name),
    },
  });
  fitted(place, 200, (wide) => {
    const made = new uPlot(
      {
        width: wide,
        height: 200,
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
        // Logarithmic. The enum is of the types only: bundled, it is not there.
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
        scales: { x: { time: false }, y: { distr: 3 } },
        axes: [
          axis({
            size: 26,
            incrs: [1, 2, 5]
              .flatMap((n) => [1, 10, 100, 1000, 10_000].map((p) => n * p))
              .sort((a, b) => a - b),
          }),
          axis({
            size: 64,
            values: (_, ticks: (number | null)[]) =>
              ticks.map((tick) =>
                tick === null || !/^0?\.?0*1/.test(String(tick)) ? '' : took(tick * 1000),
              ),
          }),
        ],
        series: [{}, points('--accent', 5), points('--failed', 9)],
      },
      [steps.map((_, at) => at + 1), of(false), of(true)],
      place,
    );
    made.over.addEventListener('click', () => {
      const step = steps[made.cursor.idx ?? -1];
      if (step !== undefined) location.hash = hashOf(step.anchor, step.index);
    });
    return made;
  });
}
