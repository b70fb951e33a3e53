import { announce, byId, h } from './dom.js';
import { TimelineView } from './timeline-view.js';
import { clock, hashOf, took } from './words.js';

/** @typedef {import('../report-data.js').ReportSpan} Span */
/** @typedef {{ label: string, spans: Span[], height: number, top: number, lane: boolean }} Row */

const ROW = { scenario: 24, phase: 18, step: 18 };
const AXIS = 22;
const LANE_GAP = 8;
const HELP =
  'Drag to move. Wheel with Ctrl, or after a click into the timeline, zooms. Keys: + and - zoom, arrows move, 0 shows all, comma and full stop select the previous or next stretch, Enter goes to it.';

/** Colour variables of theme.css. @param {Span} span */
function colourOf({ row, kind, outcome }) {
  if (row === 'phase') return `--phase-${kind}`;
  return `--${outcome?.replaceAll(' ', '-') ?? 'unfinished'}`;
}

/** @param {Span[]} spans @returns {Row[]} */
function rowsOf(spans) {
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

/** A run in time: what ran where and when, to be zoomed into. */
export class TimelineChart {
  /** @param {import('../report-data.js').ReportData} data */
  constructor(data) {
    this.spans = data.spans;
    this.view = new TimelineView(data.run.startedAt, data.run.endedAt);
    this.rows = rowsOf(data.spans);
    this.selected = -1;
    const last = this.rows.at(-1);
    this.height = last === undefined ? AXIS : last.top + last.height + 4;
    this.canvas = h('canvas', {
      ...{
        class: 'timeline',
        tabindex: 0,
        role: 'application',
        'aria-describedby': 'timeline-help',
      },
      'aria-label': 'Timeline of the run',
    });
    this.canvas.style.height = `${this.height}px`;
    this.tip = h('div', { class: 'tip', hidden: true });
    this.frame = 0;
    const section = byId('timeline');
    if (this.spans.length === 0) {
      section.append(h('p', {}, 'Nothing was timed in this run.'));
      return;
    }
    section.append(
      this.buttons(),
      h('p', { id: 'timeline-help', class: 'quiet' }, HELP),
      h('div', { class: 'timeline-box' }, this.canvas, this.tip),
      this.legend(),
      this.table(data.run.startedAt),
    );
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    document.addEventListener('tapboot:theme', () => this.draw());
  }

  buttons() {
    const button = (
      /** @type {string} */ text,
      /** @type {string} */ label,
      /** @type {() => void} */ act,
    ) => h('button', { type: 'button', 'aria-label': label, click: () => this.change(act) }, text);
    return h(
      'div',
      { class: 'toolbar' },
      button('+', 'Zoom in', () => this.view.zoom(0.5)),
      button('−', 'Zoom out', () => this.view.zoom(2)),
      button('◀', 'Earlier', () => this.view.pan(-0.3)),
      button('▶', 'Later', () => this.view.pan(0.3)),
      button('Show all', 'Show all of the run', () => this.view.fit()),
    );
  }

  legend() {
    const kinds = [...new Set(this.spans.map(colourOf))];
    return h(
      'p',
      { class: 'legend' },
      ...kinds.map((name) => {
        const key = h(
          'span',
          { class: 'key' },
          name.replace(/^--(phase-)?/, '').replaceAll('-', ' '),
        );
        key.style.setProperty('--key', `var(${name})`);
        return key;
      }),
    );
  }

  /** The same in words; steps stand in the list of scenarios. @param {number} start */
  table(start) {
    const body = h('tbody');
    const details = h(
      'details',
      {
        toggle: () => {
          if (body.childElementCount > 0) return;
          for (const span of this.spans) {
            if (span.row === 'step') continue;
            body.append(
              h(
                'tr',
                {},
                h('td', { class: 'number' }, clock((span.startedAt - start) / 1000)),
                h('td', { class: 'number' }, took(span.endedAt - span.startedAt)),
                h('td', {}, span.kind),
                h('td', {}, span.text),
                h('td', {}, span.outcome ?? ''),
              ),
            );
          }
        },
      },
      h('summary', {}, 'Timeline as a table'),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Timeline as a table' },
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ...['Start', 'Took', 'Kind', 'What', 'Outcome'].map((name) =>
                h('th', { scope: 'col' }, name),
              ),
            ),
          ),
          body,
        ),
      ),
    );
    return details;
  }

  /** @param {() => void} act */
  change(act) {
    act();
    this.draw();
  }

  listen() {
    const { canvas, view } = this;
    /** @type {{ x: number, moved: boolean } | undefined} */
    let drag;
    const share = (/** @type {MouseEvent} */ event) => event.offsetX / canvas.clientWidth;
    canvas.addEventListener(
      'wheel',
      (event) => {
        const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
        // Without Ctrl or focus the wheel is the page's: nobody wants to be caught on the way down.
        if (!sideways && !event.ctrlKey && document.activeElement !== canvas) return;
        event.preventDefault();
        const amount = event.deltaY || event.deltaX;
        if (sideways) this.change(() => view.pan(amount / 600));
        else this.change(() => view.zoom(Math.exp(amount / 400), share(event)));
      },
      { passive: false },
    );
    canvas.addEventListener('pointerdown', (event) => {
      drag = { x: event.clientX, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (drag !== undefined && (drag.moved || Math.abs(event.clientX - drag.x) > 3)) {
        const { x } = drag;
        drag = { x: event.clientX, moved: true };
        this.change(() => view.pan((x - event.clientX) / canvas.clientWidth));
      } else this.hover(event);
    });
    canvas.addEventListener('pointerup', (event) => {
      const moved = drag?.moved;
      drag = undefined;
      const span = moved === true ? undefined : this.at(event.offsetX, event.offsetY);
      if (span !== undefined) this.go(span);
    });
    canvas.addEventListener('pointercancel', () => (drag = undefined));
    canvas.addEventListener('pointerleave', () => (this.tip.hidden = true));
    canvas.addEventListener('dblclick', (event) => {
      const span = this.at(event.offsetX, event.offsetY);
      this.change(() =>
        span === undefined ? view.fit() : view.show(span.startedAt, span.endedAt),
      );
    });
    canvas.addEventListener('keydown', (event) => this.key(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { view } = this;
    /** @type {Record<string, () => void>} */
    const keys = {
      '+': () => view.zoom(0.6),
      '=': () => view.zoom(0.6),
      '-': () => view.zoom(1.7),
      ArrowLeft: () => view.pan(-0.15),
      ArrowRight: () => view.pan(0.15),
      0: () => view.fit(),
      Home: () => view.fit(),
      ',': () => this.select(-1),
      '.': () => this.select(1),
      Enter: () => {
        const span = this.spans[this.selected];
        if (span !== undefined) this.go(span);
      },
    };
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    this.change(act);
  }

  /** @param {number} by */
  select(by) {
    const count = this.spans.length;
    this.selected = (this.selected + by + count) % count;
    const span = this.spans[this.selected];
    if (span === undefined) return;
    if (span.startedAt < this.view.start || span.endedAt > this.view.end) {
      this.view.show(span.startedAt, span.endedAt);
    }
    announce(this.words(span));
    this.tip.textContent = this.words(span);
    this.tip.hidden = false;
    this.place((span.startedAt - this.view.start) / this.view.span, this.rowOf(span)?.top ?? 0);
  }

  /** @param {Span} span */
  rowOf(span) {
    return this.rows.find(({ spans }) => spans.includes(span));
  }

  /** @param {Span} span */
  words({ kind, text, outcome, startedAt, endedAt }) {
    const name = kind === 'scenario' || kind === 'step' ? text : `${kind}: ${text}`;
    const after = clock((startedAt - this.view.first) / 1000);
    return `${name}${outcome === undefined ? '' : `, ${outcome}`} · ${took(endedAt - startedAt)}, at ${after}`;
  }

  /** @param {Span} span */
  go({ anchor, step, row, startedAt, endedAt }) {
    if (anchor !== undefined && row !== 'phase') location.hash = hashOf(anchor, step);
    else this.change(() => this.view.show(startedAt, endedAt));
  }

  /** @param {number} x @param {number} y */
  at(x, y) {
    const row = this.rows.find(({ top, height }) => y >= top && y < top + height);
    if (row === undefined) return undefined;
    const { view, canvas } = this;
    const time = view.start + (x / canvas.clientWidth) * view.span;
    const slack = (view.span / canvas.clientWidth) * 3;
    return row.spans.findLast(
      (span) => span.startedAt - slack <= time && time <= span.endedAt + slack,
    );
  }

  /** @param {PointerEvent} event */
  hover({ offsetX, offsetY }) {
    const span = this.at(offsetX, offsetY);
    this.canvas.classList.toggle('pointing', span !== undefined);
    this.tip.hidden = span === undefined;
    if (span === undefined) return;
    this.tip.textContent = this.words(span);
    this.place(offsetX / this.canvas.clientWidth, offsetY);
  }

  /** @param {number} share @param {number} y */
  place(share, y) {
    this.tip.style.top = `${y + 18}px`;
    this.tip.style.left = `${Math.min(Math.max(share, 0), 1) * 100}%`;
    this.tip.style.translate = share > 0.6 ? '-100% 0' : '0 0';
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    const { canvas, view } = this;
    const width = canvas.clientWidth;
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(this.height * ratio);
    const context = canvas.getContext('2d');
    if (context === null || width === 0) return;
    context.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name) || '#888';
    context.font = `12px ${style.fontFamily}`;
    context.textBaseline = 'middle';
    const { step, ticks } = view.ticks(width / 90);
    for (const tick of ticks) {
      const x = Math.round(((view.first + tick - view.start) / view.span) * width) + 0.5;
      context.fillStyle = colour('--line');
      context.fillRect(x, AXIS - 4, 1, this.height);
      context.fillStyle = colour('--quiet');
      const text =
        step < 1000
          ? `${(tick / 1000).toFixed(step < 100 ? 3 : 1)} s`
          : `${Math.floor(tick / 60000)}:${String(Math.floor(tick / 1000) % 60).padStart(2, '0')}`;
      context.fillText(text, x + 3, 9);
    }
    for (const row of this.rows) {
      this.paintRow(context, row, width, colour);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Row} row
   * @param {number} width
   * @param {(name: string) => string} colour
   */
  paintRow(context, { spans, top, height }, width, colour) {
    const { view } = this;
    const selected = this.spans[this.selected];
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
}
