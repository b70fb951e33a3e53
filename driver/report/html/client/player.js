import { lineNodes } from './ansi.js';
import { consoleSearch } from './console-search.js';
import { fileLink, h } from './dom.js';
import { activityPlot } from './plots.js';
import { Replay } from './replay.js';
import { lineText } from './terminal.js';
import { clock } from './words.js';

/** Lines in the player; all of them stand in the text below it. */
const SHOWN_LINES = 600;
/** Silence is cut to this many seconds while playing. */
const LONGEST_PAUSE = 1.5;

/** @typedef {import('../report-data.js').ReportData} Data */
/** @typedef {import('../report-data.js').ReportVm & { recording: import('../report-data.js').ReportRecording }} RecordedVm */

/** The console of one machine as it was, to be played and searched. */
export class ConsolePlayer {
  /** @param {RecordedVm} vm @param {Data} data */
  constructor(vm, data) {
    this.vm = vm;
    this.replay = new Replay(vm.recording);
    this.start = vm.recording.startedAt ?? vm.starts[0] ?? data.run.startedAt;
    this.steps = data.scenarios
      .filter((scenario) => scenario.vm === vm.name)
      .flatMap(({ steps }) => steps)
      .flatMap(({ index, title, startedAt }) =>
        startedAt === undefined
          ? []
          : [{ at: (startedAt - this.start) / 1000, text: `${index} ${title}` }],
      );
    this.playing = false;
    this.speed = 1;
    this.mark = '';
    /** @type {HTMLElement[]} */
    this.nodes = [];
    this.screen = h('pre', {
      class: 'terminal screen',
      tabindex: 0,
      role: 'group',
      'aria-label': `Console of ${vm.name}`,
    });
    this.where = h('output', { class: 'where' });
    this.playButton = h('button', { type: 'button', click: () => this.toggle() }, 'Play');
    this.slider = h('input', {
      ...{
        type: 'range',
        min: 0,
        max: this.replay.duration || 1,
        step: 'any',
        'aria-label': 'Time in the recording',
      },
      input: () => this.seek(Number(this.slider.value)),
    });
    this.element = h('div', {
      class: 'player',
      keydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
    });
    this.plot = activityPlot(this.replay, this.steps, (time) => this.seek(time));
    this.element.append(
      this.toolbar(),
      this.slider,
      this.plot.element,
      this.screen,
      consoleSearch(this.replay, (time, text) => {
        this.mark = text;
        this.seek(time);
        const hits = this.screen.querySelectorAll('.hit');
        hits[hits.length - 1]?.scrollIntoView({ block: 'nearest' });
      }),
      this.wholeText(),
    );
  }

  toolbar() {
    const speeds = [0.5, 1, 2, 5, 20];
    const speed = h(
      'select',
      { 'aria-label': 'Speed', change: () => (this.speed = Number(speed.value)) },
      ...speeds.map((value) => h('option', { value, selected: value === 1 }, `${value}×`)),
    );
    const button = (/** @type {string} */ text, /** @type {() => void} */ act) =>
      h('button', { type: 'button', click: act }, text);
    return h(
      'div',
      { class: 'toolbar' },
      this.playButton,
      button('Start', () => this.seek(0)),
      button('Previous step', () => this.toStep(-1)),
      button('Next step', () => this.toStep(1)),
      button('End', () => this.seek(Infinity)),
      speed,
      this.where,
      ...this.vm.files.map((file) => h('span', { class: 'links' }, fileLink(file))),
    );
  }

  /** Everything as text: for reading, for the browser's own search, for printing. */
  wholeText() {
    const { omitted } = this.vm.recording;
    const body = h('pre', {
      class: 'terminal whole',
      tabindex: 0,
      role: 'group',
      'aria-label': `All of the console of ${this.vm.name}`,
    });
    const fill = () => {
      if (body.childNodes.length > 0) return;
      const lines = this.replay.allLines();
      for (const line of lines) body.append(...lineNodes(line), '\n');
    };
    return h(
      'details',
      { toggle: fill },
      h('summary', {}, 'All of it as text'),
      omitted > 0 &&
        h(
          'p',
          { class: 'quiet' },
          `The first ${omitted} characters are left out here; serial.log has them.`,
        ),
      body,
    );
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLButtonElement)
      return;
    if (event.target instanceof HTMLSelectElement) return;
    /** @type {Record<string, () => void>} */
    const keys = {
      ' ': () => this.toggle(),
      ArrowLeft: () => this.seek(this.replay.time - 2),
      ArrowRight: () => this.seek(this.replay.time + 2),
      '[': () => this.toStep(-1),
      ']': () => this.toStep(1),
    };
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  }

  /** @param {number} by */
  toStep(by) {
    const { time } = this.replay;
    const target =
      by > 0
        ? this.steps.find(({ at }) => at > time + 0.001)
        : this.steps.findLast(({ at }) => at < time - 0.3);
    if (target !== undefined) this.seek(target.at);
  }

  toggle() {
    this.playing = !this.playing;
    this.playButton.textContent = this.playing ? 'Pause' : 'Play';
    if (!this.playing) return;
    if (this.replay.time >= this.replay.duration) this.seek(0);
    let last = performance.now();
    const frame = (/** @type {number} */ now) => {
      if (!this.playing) return;
      let time = this.replay.time + ((now - last) / 1000) * this.speed;
      last = now;
      const next = this.replay.nextTime;
      if (next !== undefined && next - time > LONGEST_PAUSE * this.speed)
        time = next - LONGEST_PAUSE * this.speed;
      this.seek(time);
      if (this.replay.time >= this.replay.duration) this.toggle();
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** @param {number} time */
  seek(time) {
    this.replay.seek(time);
    this.draw();
  }

  draw() {
    const { replay } = this;
    const { terminal, time } = replay;
    if (replay.anew) {
      this.nodes = [];
      this.screen.replaceChildren();
      terminal.dirty = 0;
      replay.anew = false;
    }
    const from = Math.max(0, Math.min(terminal.dirty, terminal.lines.length));
    const begin = Math.max(from, terminal.lines.length - SHOWN_LINES);
    for (const node of this.nodes.splice(Math.max(0, from - this.firstShown()))) node.remove();
    for (const line of terminal.lines.slice(begin)) {
      const hit = this.mark !== '' && lineText(line).toLowerCase().includes(this.mark);
      const node = h('div', { class: hit ? 'line hit' : 'line' }, ...lineNodes(line));
      this.nodes.push(node);
      this.screen.append(node);
    }
    for (const node of this.nodes.splice(0, Math.max(0, this.nodes.length - SHOWN_LINES)))
      node.remove();
    this.shownFrom = terminal.lines.length - this.nodes.length;
    terminal.dirty = terminal.lines.length;
    this.screen.scrollTop = this.screen.scrollHeight;
    const step = this.steps.findLast(({ at }) => at <= time + 0.001);
    this.where.textContent = `${clock(time)} of ${clock(replay.duration)}${step === undefined ? '' : ` · ${step.text}`}`;
    this.slider.value = String(time);
    this.slider.setAttribute('aria-valuetext', this.where.textContent);
    this.plot.at(time);
  }

  /** Number of the line that the first node shows. */
  firstShown() {
    return this.shownFrom ?? 0;
  }
}
