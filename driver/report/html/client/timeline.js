import { announce, byId, h } from './dom.js';
import { paintTimeline } from './timeline-paint.js';
import { AXIS, rowsOf } from './timeline-rows.js';
import { timelineLegend, timelineTable } from './timeline-table.js';
import { TimelineView } from './timeline-view.js';
import { clock, hashOf, took } from './words.js';

/** @typedef {import('../report-data.js').ReportSpan} Span */

const HELP =
  'Drag to move. Wheel with Ctrl, or after a click into the timeline, zooms. Keys: + and - zoom, arrows move, 0 shows all, comma and full stop select the previous or next stretch, Enter goes to it.';

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
      timelineLegend(this.spans),
      timelineTable(this.spans, data.run.startedAt),
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
    this.frame = requestAnimationFrame(() => paintTimeline(this));
  }
}
