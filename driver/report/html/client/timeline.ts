import type { ReportData, ReportSpan } from '../report-data.js';
import { announce, byId, h } from './dom.js';
import { paintTimeline } from './timeline-paint.js';
import { AXIS, rowsOf, type Row } from './timeline-rows.js';
import { timelineLegend, timelineTable } from './timeline-table.js';
import { TimelineView } from './timeline-view.js';
import { clock, hashOf, took } from './words.js';

const HELP =
  'Drag to move. Wheel with Ctrl, or after a click into the timeline, zooms. Keys: + and - zoom, arrows move, 0 shows all, comma and full stop select the previous or next stretch, Enter goes to it.';

/** A run in time: what ran where and when, to be zoomed into. */
export class TimelineChart {
  readonly #spans: readonly ReportSpan[];
  readonly #view: TimelineView;
  readonly #rows: Row[];
  readonly #height: number;
  readonly #canvas = h('canvas', {
    class: 'timeline',
    tabindex: 0,
    role: 'application',
    'aria-describedby': 'timeline-help',
    'aria-label': 'Timeline of the run',
  });
  readonly #tip = h('div', { class: 'tip', hidden: true });
  #selected = -1;
  #frame = 0;

  constructor(data: ReportData) {
    this.#spans = data.spans;
    this.#view = new TimelineView(data.run.startedAt, data.run.endedAt);
    this.#rows = rowsOf(data.spans);
    const last = this.#rows.at(-1);
    this.#height = last === undefined ? AXIS : last.top + last.height + 4;
    this.#canvas.style.height = `${this.#height}px`;
    const section = byId('timeline');
    if (this.#spans.length === 0) {
      section.append(h('p', {}, 'Nothing was timed in this run.'));
      return;
    }
    section.append(
      this.#buttons(),
      h('p', { id: 'timeline-help', class: 'quiet' }, HELP),
      h('div', { class: 'timeline-box' }, this.#canvas, this.#tip),
      timelineLegend(this.#spans),
      timelineTable(this.#spans, data.run.startedAt),
    );
    this.#listen();
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
    document.addEventListener('tapboot:theme', () => this.#draw());
  }

  #buttons(): HTMLElement {
    const view = this.#view;
    const button = (text: string, label: string, act: () => void): HTMLElement =>
      h('button', { type: 'button', 'aria-label': label, click: () => this.#change(act) }, text);
    return h(
      'div',
      { class: 'toolbar' },
      button('+', 'Zoom in', () => view.zoom(0.5)),
      button('−', 'Zoom out', () => view.zoom(2)),
      button('◀', 'Earlier', () => view.pan(-0.3)),
      button('▶', 'Later', () => view.pan(0.3)),
      button('Show all', 'Show all of the run', () => view.fit()),
    );
  }

  #change(act: () => void): void {
    act();
    this.#draw();
  }

  #listen(): void {
    const [canvas, view] = [this.#canvas, this.#view];
    let drag: { x: number; moved: boolean } | undefined;
    const share = (event: MouseEvent): number => event.offsetX / canvas.clientWidth;
    canvas.addEventListener(
      'wheel',
      (event) => {
        const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
        // Without Ctrl or focus the wheel is the page's: nobody wants to be caught on the way down.
        if (!sideways && !event.ctrlKey && document.activeElement !== canvas) return;
        event.preventDefault();
        const amount = event.deltaY || event.deltaX;
        if (sideways) this.#change(() => view.pan(amount / 600));
        else this.#change(() => view.zoom(Math.exp(amount / 400), share(event)));
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
        this.#change(() => view.pan((x - event.clientX) / canvas.clientWidth));
      } else this.#hover(event);
    });
    canvas.addEventListener('pointerup', (event) => {
      const moved = drag?.moved;
      drag = undefined;
      const span = moved === true ? undefined : this.#at(event.offsetX, event.offsetY);
      if (span !== undefined) this.#go(span);
    });
    canvas.addEventListener('pointercancel', () => (drag = undefined));
    canvas.addEventListener('pointerleave', () => (this.#tip.hidden = true));
    canvas.addEventListener('dblclick', (event) => {
      const span = this.#at(event.offsetX, event.offsetY);
      this.#change(() =>
        span === undefined ? view.fit() : view.show(span.startedAt, span.endedAt),
      );
    });
    canvas.addEventListener('keydown', (event) => this.#key(event));
  }

  #key(event: KeyboardEvent): void {
    const view = this.#view;
    const keys: Record<string, () => void> = {
      '+': () => view.zoom(0.6),
      '=': () => view.zoom(0.6),
      '-': () => view.zoom(1.7),
      ArrowLeft: () => view.pan(-0.15),
      ArrowRight: () => view.pan(0.15),
      0: () => view.fit(),
      Home: () => view.fit(),
      ',': () => this.#select(-1),
      '.': () => this.#select(1),
      Enter: () => {
        const span = this.#spans[this.#selected];
        if (span !== undefined) this.#go(span);
      },
    };
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    this.#change(act);
  }

  #select(by: number): void {
    const count = this.#spans.length;
    this.#selected = (this.#selected + by + count) % count;
    const span = this.#spans[this.#selected];
    if (span === undefined) return;
    const view = this.#view;
    if (span.startedAt < view.start || span.endedAt > view.end) {
      view.show(span.startedAt, span.endedAt);
    }
    announce(this.#words(span));
    this.#tip.textContent = this.#words(span);
    this.#tip.hidden = false;
    const row = this.#rows.find(({ spans }) => spans.includes(span));
    this.#place((span.startedAt - view.start) / view.span, row?.top ?? 0);
  }

  #words({ kind, text, outcome, startedAt, endedAt }: ReportSpan): string {
    const name = kind === 'scenario' || kind === 'step' ? text : `${kind}: ${text}`;
    const after = clock((startedAt - this.#view.first) / 1000);
    return `${name}${outcome === undefined ? '' : `, ${outcome}`} · ${took(endedAt - startedAt)}, at ${after}`;
  }

  #go({ anchor, step, row, startedAt, endedAt }: ReportSpan): void {
    if (anchor !== undefined && row !== 'phase') location.hash = hashOf(anchor, step);
    else this.#change(() => this.#view.show(startedAt, endedAt));
  }

  #at(x: number, y: number): ReportSpan | undefined {
    const row = this.#rows.find(({ top, height }) => y >= top && y < top + height);
    if (row === undefined) return undefined;
    const [canvas, view] = [this.#canvas, this.#view];
    const time = view.start + (x / canvas.clientWidth) * view.span;
    const slack = (view.span / canvas.clientWidth) * 3;
    return row.spans.findLast(
      (span) => span.startedAt - slack <= time && time <= span.endedAt + slack,
    );
  }

  #hover({ offsetX, offsetY }: PointerEvent): void {
    const span = this.#at(offsetX, offsetY);
    this.#canvas.classList.toggle('pointing', span !== undefined);
    this.#tip.hidden = span === undefined;
    if (span === undefined) return;
    this.#tip.textContent = this.#words(span);
    this.#place(offsetX / this.#canvas.clientWidth, offsetY);
  }

  #place(share: number, y: number): void {
    const { style } = this.#tip;
    style.top = `${y + 18}px`;
    style.left = `${Math.min(Math.max(share, 0), 1) * 100}%`;
    style.translate = share > 0.6 ? '-100% 0' : '0 0';
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() =>
      paintTimeline({
        canvas: this.#canvas,
        view: this.#view,
        height: this.#height,
        rows: this.#rows,
        selected: this.#spans[this.#selected],
      }),
    );
  }
}
