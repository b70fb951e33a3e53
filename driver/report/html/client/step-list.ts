import type { ReportScenario, ReportStep } from '../report-data.js';
import { h, whenIdle } from './dom.js';
import { stepDetail } from './step.js';
import { outcomeClass, signOf, took } from './words.js';

/** Rows made at a time: few enough for the page to stay responsive in between. */
const SLICE = 200;

/** Rows that come in and out of sight together: a browser watches dozens of these with ease. */
const CHUNK = 100;

/** The steps of one scenario, made when they are wanted. */
export class StepList {
  readonly element = h('div');
  readonly #scenario: ReportScenario;
  readonly #runStart: number;
  readonly #chunks: HTMLOListElement[] = [];
  readonly #rows: HTMLDetailsElement[] = [];
  #texts: string[] = [];

  constructor(scenario: ReportScenario, runStart: number) {
    this.#scenario = scenario;
    this.#runStart = runStart;
  }

  /**
   * Makes rows up to one of them.
   * @returns whether there are more
   */
  make(count = Infinity): boolean {
    const { steps } = this.#scenario;
    const from = this.#rows.length;
    for (const [index, step] of steps.slice(from, count).entries()) {
      const row = this.#row(step);
      this.#rows.push(row);
      this.#chunk(from + index).append(h('li', { class: outcomeClass(step.outcome) }, row));
    }
    return this.#rows.length < steps.length;
  }

  /** Makes one row, and opens it. */
  reveal(step: ReportStep): HTMLElement | undefined {
    const at = this.#scenario.steps.indexOf(step);
    this.make(at + 1);
    const row = this.#rows[at];
    if (row === undefined) return undefined;
    this.#fill(row, step);
    row.open = true;
    const item = row.parentElement;
    item?.removeAttribute('hidden');
    item?.classList.add('wanted');
    item?.parentElement?.removeAttribute('hidden');
    return row;
  }

  /** The list that a row belongs to. */
  #chunk(at: number): HTMLOListElement {
    const number = Math.floor(at / CHUNK);
    const present = this.#chunks[number];
    if (present !== undefined) return present;
    const many = this.#scenario.steps.length > CHUNK;
    const chunk = h('ol', { class: many ? 'steps many' : 'steps', start: number * CHUNK + 1 });
    this.#chunks.push(chunk);
    this.element.append(chunk);
    return chunk;
  }

  /** The first rows now, the others while nothing else is to be done. */
  begin(): void {
    if (this.#rows.length === 0 && this.make(SLICE))
      whenIdle(() => this.make(this.#rows.length + SLICE));
  }

  #row(step: ReportStep): HTMLDetailsElement {
    const toggle = (): void => {
      if (row.open) this.#fill(row, step);
    };
    const row = h(
      'details',
      { toggle },
      h(
        'summary',
        {},
        h('span', { class: 'sign', 'aria-hidden': true }, signOf(step.outcome)),
        h('span', { class: 'index' }, String(step.index)),
        h('span', { class: 'title' }, step.title),
        h('span', { class: 'unseen' }, `, ${step.outcome}`),
        h('span', { class: 'kind' }, step.kind),
        h('span', { class: 'took' }, step.outcome === 'not reached' ? '' : took(step.durationMs)),
      ),
    );
    if (step.outcome === 'failed') {
      this.#fill(row, step);
      row.open = true;
    }
    return row;
  }

  #fill(row: HTMLElement, step: ReportStep): void {
    if (row.childElementCount === 1) row.append(stepDetail(this.#scenario, step, this.#runStart));
  }

  /**
   * @param wanted in lower case; empty for all
   * @returns rows that match
   */
  filter(wanted: string): number {
    const { steps } = this.#scenario;
    if (wanted !== '' && this.#texts.length === 0) {
      this.#texts = steps.map(({ index, title, kind, commands, failure }) =>
        `${index} ${title} ${kind} ${commands.map(({ command }) => command).join(' ')} ${failure?.message ?? ''}`.toLowerCase(),
      );
    }
    const matches = steps.map((_, at) => wanted === '' || (this.#texts[at] ?? '').includes(wanted));
    const count = matches.filter(Boolean).length;
    if (wanted !== '' && count > 0) this.make();
    this.#rows.forEach((row, at) => row.parentElement?.toggleAttribute('hidden', !matches[at]));
    this.#chunks.forEach((chunk, number) => {
      const shown = matches.slice(number * CHUNK, (number + 1) * CHUNK).includes(true);
      chunk.toggleAttribute('hidden', !shown);
    });
    this.element.classList.toggle('filtered', wanted !== '');
    return count;
  }
}
