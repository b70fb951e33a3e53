import { h, whenIdle } from './dom.js';
import { stepDetail } from './step.js';
import { outcomeClass, signOf, took } from './words.js';

/** @typedef {import('../report-data.js').ReportScenario} Scenario */
/** @typedef {import('../report-data.js').ReportStep} Step */

/** Rows made at a time: few enough for the page to stay responsive in between. */
const SLICE = 200;

/** Rows that come in and out of sight together: a browser watches dozens of these with ease. */
const CHUNK = 100;

/** The steps of one scenario, made when they are wanted. */
export class StepList {
  /** @param {Scenario} scenario @param {number} runStart */
  constructor(scenario, runStart) {
    this.scenario = scenario;
    this.runStart = runStart;
    this.element = h('div');
    /** @type {HTMLOListElement[]} */
    this.chunks = [];
    /** @type {HTMLDetailsElement[]} */
    this.rows = [];
    /** @type {string[]} */
    this.texts = [];
  }

  /** Makes rows up to one of them. @param {number} [count] */
  make(count = Infinity) {
    const { steps } = this.scenario;
    const end = Math.min(count, steps.length);
    for (let at = this.rows.length; at < end; at++) {
      const step = /** @type {Step} */ (steps[at]);
      const row = this.row(step);
      this.rows.push(row);
      this.chunk(at).append(h('li', { class: outcomeClass(step.outcome) }, row));
    }
    return this.rows.length < steps.length;
  }

  /** The list that a row belongs to. @param {number} at */
  chunk(at) {
    const number = Math.floor(at / CHUNK);
    const present = this.chunks[number];
    if (present !== undefined) return present;
    const many = this.scenario.steps.length > CHUNK;
    const chunk = h('ol', { class: many ? 'steps many' : 'steps', start: number * CHUNK + 1 });
    this.chunks.push(chunk);
    this.element.append(chunk);
    return chunk;
  }

  /** The first rows now, the others while nothing else is to be done. */
  begin() {
    if (this.rows.length === 0 && this.make(SLICE))
      whenIdle(() => this.make(this.rows.length + SLICE));
  }

  /** @param {Step} step */
  row(step) {
    const row = h(
      'details',
      { toggle: () => row.open && this.fill(row, step) },
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
      this.fill(row, step);
      row.open = true;
    }
    return row;
  }

  /** @param {HTMLDetailsElement} row @param {Step} step */
  fill(row, step) {
    if (row.childElementCount === 1) row.append(stepDetail(this.scenario, step, this.runStart));
  }

  /** @param {string} wanted in lower case; empty for all @returns {number} rows that match */
  filter(wanted) {
    const { steps } = this.scenario;
    if (wanted !== '' && this.texts.length === 0) {
      this.texts = steps.map(({ index, title, kind, commands, failure }) =>
        `${index} ${title} ${kind} ${commands.map(({ command }) => command).join(' ')} ${failure?.message ?? ''}`.toLowerCase(),
      );
    }
    const matches = steps.map((_, at) => wanted === '' || (this.texts[at] ?? '').includes(wanted));
    const count = matches.filter(Boolean).length;
    if (wanted !== '' && count > 0) this.make();
    this.rows.forEach((row, at) => row.parentElement?.toggleAttribute('hidden', !matches[at]));
    this.chunks.forEach((chunk, number) => {
      const shown = matches.slice(number * CHUNK, (number + 1) * CHUNK).includes(true);
      chunk.toggleAttribute('hidden', !shown);
    });
    this.element.classList.toggle('filtered', wanted !== '');
    return count;
  }
}
