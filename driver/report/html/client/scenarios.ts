import type { ReportData, ReportScenario } from '../report-data.js';
import { announce, byId, fileLink, h } from './dom.js';
import { StepList } from './step-list.js';
import { failureBlock } from './step.js';
import { counted, hashOf, isTrouble, originWords, outcomeClass, signOf, took } from './words.js';

/** One scenario of the list. */
class ScenarioCard {
  readonly scenario: ReportScenario;
  readonly list: StepList;
  readonly element: HTMLDetailsElement;

  constructor(scenario: ReportScenario, runStart: number) {
    this.scenario = scenario;
    this.list = new StepList(scenario, runStart);
    const toggle = (): void => {
      if (this.element.open) this.#fill();
    };
    this.element = h(
      'details',
      { class: `scenario ${outcomeClass(scenario.outcome)}`, toggle },
      this.#summary(),
    );
  }

  #summary(): HTMLElement {
    const { outcome, name, tags, steps, durationMs, attempt, worker, origin } = this.scenario;
    const done = steps.filter((step) => step.outcome === 'passed').length;
    return h(
      'summary',
      {},
      h('span', { class: `tag ${outcomeClass(outcome)}` }, `${signOf(outcome)} ${outcome}`),
      h('h3', {}, name),
      attempt > 1 && h('span', { class: 'tag' }, `attempt ${attempt}`),
      origin?.kind === 'restored' && h('span', { class: 'tag' }, 'restored'),
      worker !== undefined && h('span', { class: 'tag' }, `worker ${worker}`),
      ...tags.map((tag) => h('span', { class: 'tag quiet' }, tag)),
      h(
        'span',
        { class: 'took' },
        `${done} of ${counted(steps.length, 'step')} · ${took(durationMs)}`,
      ),
    );
  }

  #fill(): void {
    if (this.element.childElementCount > 1) return;
    const { file, vm, origin, failure, steps, artifacts, anchor } = this.scenario;
    const told = steps.some((step) => step.failure !== undefined);
    this.element.append(
      h(
        'p',
        { class: 'quiet' },
        h('code', {}, file),
        vm === undefined ? '' : ` on machine ${vm}`,
        ` · ${originWords(origin)} · `,
        h('a', { href: hashOf(anchor) }, 'link to this scenario'),
      ),
      ...(failure === undefined || told ? [] : [failureBlock(failure)]),
      this.list.element,
      ...(artifacts.length === 0
        ? []
        : [
            h(
              'details',
              { class: 'artifacts' },
              h('summary', {}, `Files kept of this scenario (${artifacts.length})`),
              h('ul', { class: 'links' }, ...artifacts.map((file) => h('li', {}, fileLink(file)))),
            ),
          ]),
    );
    this.list.begin();
  }

  open(): void {
    this.#fill();
    this.element.open = true;
  }
}

/** All scenarios with their filter, and the places that links lead to. */
export class ScenarioList {
  readonly #cards: ScenarioCard[];
  readonly #told = h('p', { class: 'quiet', 'aria-live': 'polite' });
  readonly #holder: HTMLElement;
  #onlyTrouble = false;
  #wanted = '';

  constructor(data: ReportData) {
    this.#cards = data.scenarios.map((scenario) => new ScenarioCard(scenario, data.run.startedAt));
    const elements = this.#cards.map(({ element }) => element);
    this.#holder = h('div', { class: 'scenario-list' }, ...elements);
    const section = byId('scenarios');
    if (this.#cards.length === 0) {
      section.append(h('p', {}, 'No scenario began.'));
      return;
    }
    section.append(this.#toolbar(), this.#told, this.#holder);
    for (const card of this.#cards) {
      if (this.#cards.length === 1 || isTrouble(card.scenario.outcome)) card.open();
    }
    addEventListener('beforeprint', () => {
      for (const { element, list } of this.#cards) if (element.open) list.make();
    });
  }

  #toolbar(): HTMLElement {
    const choice = (label: string, only: boolean): HTMLElement =>
      h(
        'label',
        { class: 'choice' },
        h('input', {
          type: 'radio',
          name: 'filter',
          checked: only === this.#onlyTrouble,
          change: () => {
            this.#onlyTrouble = only;
            this.#apply();
          },
        }),
        h('span', {}, label),
      );
    let timer: number | undefined;
    const search = h('input', {
      type: 'search',
      id: 'step-search',
      placeholder: 'Find a step or command',
      'aria-label': 'Find a step or command',
      input: () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          this.#wanted = search.value.trim().toLowerCase();
          this.#apply();
        }, 150);
      },
    });
    const all = (label: string, open: boolean): HTMLElement => {
      const click = (): void => {
        for (const card of this.#cards) {
          if (open) card.open();
          else card.element.open = false;
        }
      };
      return h('button', { type: 'button', click }, label);
    };
    const trouble = this.#cards.filter(({ scenario }) => isTrouble(scenario.outcome)).length;
    return h(
      'div',
      { class: 'toolbar' },
      h(
        'fieldset',
        { class: 'choices' },
        h('legend', { class: 'unseen' }, 'Show'),
        choice(`All (${this.#cards.length})`, false),
        choice(`Failed (${trouble})`, true),
      ),
      search,
      all('Open all', true),
      all('Close all', false),
    );
  }

  #apply(): void {
    let steps = 0;
    let scenarios = 0;
    for (const card of this.#cards) {
      const trouble = isTrouble(card.scenario.outcome);
      const named = this.#wanted !== '' && card.scenario.name.toLowerCase().includes(this.#wanted);
      const count = card.list.filter(named ? '' : this.#wanted);
      const shown = (!this.#onlyTrouble || trouble) && count > 0;
      card.element.toggleAttribute('hidden', !shown);
      if (!shown) continue;
      scenarios += 1;
      steps += count;
      if (this.#wanted !== '') card.open();
    }
    this.#holder.classList.toggle('only-trouble', this.#onlyTrouble);
    const all = this.#wanted === '' && !this.#onlyTrouble;
    this.#told.textContent = all
      ? ''
      : `${counted(scenarios, 'scenario')}, ${counted(steps, 'step')} match`;
  }

  /** Shows a scenario or step, whatever hides it. */
  reveal(anchor: string, index?: number): void {
    const card = this.#cards.find(({ scenario }) => scenario.anchor === anchor);
    if (card === undefined) return;
    card.element.hidden = false;
    card.open();
    const step = card.scenario.steps.find((candidate) => candidate.index === index);
    const target = (step && card.list.reveal(step)) ?? card.element;
    target.querySelector('summary')?.focus({ preventScroll: true });
    target.scrollIntoView({ block: 'start' });
    announce(target.querySelector('summary')?.textContent ?? '');
  }

  /** Goes from failure to failure. */
  nextTrouble(): void {
    const failed = this.#cards.flatMap(({ scenario }) => {
      const steps = scenario.steps.filter(({ outcome }) => outcome === 'failed');
      if (steps.length > 0) return steps.map(({ index }) => hashOf(scenario.anchor, index));
      return isTrouble(scenario.outcome) ? [hashOf(scenario.anchor)] : [];
    });
    const next = failed[(failed.indexOf(location.hash) + 1) % failed.length];
    if (next !== undefined) location.hash = next;
    else announce('nothing has failed');
  }
}
