import { byId, h } from './dom.js';
import { Plot } from './libraries.js';
import { clock, hashOf, isTrouble, outcomeClass, took } from './words.js';

/** @typedef {import('../report-data.js').ReportData} Data */

/** @param {string} name of a variable of theme.css */
const themeColour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name) || '#888';

const FONT = '12px system-ui, sans-serif';

/**
 * Axis with the theme's colours, read at every drawing.
 * @param {object} own
 */
const axis = (own) => ({
  stroke: () => themeColour('--quiet'),
  grid: { stroke: () => themeColour('--line'), width: 1 },
  ticks: { stroke: () => themeColour('--line'), width: 1 },
  font: FONT,
  ...own,
});

/**
 * Keeps a plot as wide as its place, and in the colours of the theme.
 * @param {HTMLElement} place
 * @param {number} height
 * @param {(width: number) => import('uplot')} make
 */
function fitted(place, height, make) {
  /** @type {import('uplot') | undefined} */
  let plot;
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width === 0) return;
    if (plot === undefined) plot = make(width);
    else if (plot.width !== width) plot.setSize({ width, height });
  }).observe(place);
  document.addEventListener('tapboot:theme', () => plot?.redraw());
  return () => plot;
}

/**
 * How much a console said and when; a click goes there. The slider beside it does the same
 * for the keyboard.
 * @param {import('./replay.js').Replay} replay
 * @param {{ at: number }[]} steps
 * @param {(time: number) => void} seek
 */
export function activityPlot(replay, steps, seek) {
  const { counts, width } = replay.activity(240);
  const times = counts.map((_, index) => (index + 0.5) * width);
  const element = h('div', { class: 'plot', 'aria-hidden': true });
  let now = 0;
  const plot = fitted(element, 90, (wide) => {
    const made = new Plot(
      {
        ...{ width: wide, height: 90, legend: { show: false } },
        cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
        scales: { x: { time: false, range: [0, Math.max(replay.duration, 0.001)] } },
        axes: [
          axis({
            size: 26,
            values: (/** @type {unknown} */ _, /** @type {number[]} */ ticks) => ticks.map(clock),
          }),
          { show: false },
        ],
        series: [
          {},
          {
            paths: Plot.paths.bars?.({ size: [0.9], gap: 0 }),
            fill: () => themeColour('--accent'),
            width: 0,
            points: { show: false },
          },
        ],
        hooks: {
          draw: [
            (/** @type {import('uplot')} */ u) => {
              const { ctx, bbox } = u;
              const line = (
                /** @type {number} */ at,
                /** @type {string} */ name,
                /** @type {number} */ share,
              ) => {
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
    /** @param {number} time */
    at: (time) => {
      now = time;
      plot()?.redraw(false, false);
    },
  };
}

/** Where the time of the run went: phases and kinds of steps, and every step. @param {Data} data */
export function durations(data) {
  const section = byId('durations');
  /** @type {Map<string, { total: number, count: number }>} */
  const sums = new Map();
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

/** @param {Data} data @param {HTMLElement} section */
function stepPlot(data, section) {
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
  const of = (/** @type {boolean} */ trouble) =>
    steps.map(({ outcome }, at) => (isTrouble(outcome) === trouble ? (seconds[at] ?? null) : null));
  const points = (/** @type {string} */ name, /** @type {number} */ size) => ({
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
    const made = new Plot(
      {
        ...{ width: wide, height: 200, legend: { show: false } },
        cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
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
            values: (/** @type {unknown} */ _, /** @type {(number | null)[]} */ ticks) =>
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
