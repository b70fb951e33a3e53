import type { ReportData, ReportRecording, ReportVm } from '../report-data.js';
import { lineNodes } from './ansi.js';
import { consoleSearch } from './console-search.js';
import { fileLink, h, whenIdle } from './dom.js';
import { activityPlot, type ActivityPlot } from './plots.js';
import { Replay } from './replay.js';
import { lineText, type Terminal, type TerminalLine } from './terminal.js';
import { clock } from './words.js';

/** Lines in the player; all of them stand in the text below it. */
const SHOWN_LINES = 600;
/** Lines of that text that are made at a time. */
const TEXT_SLICE = 500;
/** Silence is cut to this many seconds while playing. */
const LONGEST_PAUSE = 1.5;

export type RecordedVm = ReportVm & { recording: ReportRecording };

/** The console of one machine as it was, to be played and searched. */
export class ConsolePlayer {
  readonly element = h('div', { class: 'player' });
  readonly screen: HTMLElement;
  /** Wall-clock milliseconds at which the recording begins. */
  readonly start: number;
  readonly #vm: RecordedVm;
  readonly #replay: Replay;
  readonly #steps: { at: number; text: string }[];
  readonly #where = h('output', { class: 'where' });
  readonly #playButton = h('button', { type: 'button', click: () => this.#toggle() }, 'Play');
  readonly #slider: HTMLInputElement;
  readonly #plot: ActivityPlot;
  /** One of the times it was played, as long as it goes on. */
  #playing: object | undefined;
  #speed = 1;
  #mark = '';
  /** What the nodes of the screen show. */
  #drawn: { terminal: Terminal; version: number; settled: number } | undefined;
  /** Those of lines that may still change. */
  #changing: HTMLElement[] = [];

  constructor(vm: RecordedVm, data: ReportData) {
    this.#vm = vm;
    this.#replay = new Replay(vm.recording);
    this.start = vm.recording.startedAt ?? vm.starts[0] ?? data.run.startedAt;
    this.#steps = data.scenarios
      .filter((scenario) => scenario.vm === vm.name)
      .flatMap(({ steps }) => steps)
      .flatMap(({ index, title, startedAt }) =>
        startedAt === undefined
          ? []
          : [{ at: (startedAt - this.start) / 1000, text: `${index} ${title}` }],
      );
    this.screen = h('pre', {
      class: 'terminal screen',
      tabindex: 0,
      role: 'group',
      'aria-label': `Console of ${vm.name}`,
    });
    this.#slider = h('input', {
      type: 'range',
      min: 0,
      max: this.#replay.duration || 1,
      step: 'any',
      'aria-label': 'Time in the recording',
      input: () => this.seek(Number(this.#slider.value)),
    });
    this.#plot = activityPlot(this.#replay, this.#steps, (time) => this.seek(time));
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.append(
      this.#toolbar(),
      this.#slider,
      this.#plot.element,
      this.screen,
      consoleSearch(this.#replay, (time, text) => {
        this.#mark = text;
        this.#drawn = undefined;
        this.seek(time, () => {
          const hits = this.screen.querySelectorAll('.hit');
          hits[hits.length - 1]?.scrollIntoView({ block: 'nearest' });
        });
      }),
      this.#wholeText(),
    );
  }

  pause(): void {
    if (this.#playing !== undefined) this.#toggle();
  }

  seek(time: number, then?: () => void): void {
    void this.#replay.seek(time).then(() => {
      this.#draw();
      then?.();
    });
    this.#tell();
  }

  #toolbar(): HTMLElement {
    const speeds = [0.5, 1, 2, 5, 20];
    const change = (): void => {
      this.#speed = Number(speed.value);
    };
    const speed = h(
      'select',
      { 'aria-label': 'Speed', change },
      ...speeds.map((value) => h('option', { value, selected: value === 1 }, `${value}×`)),
    );
    const button = (text: string, act: () => void): HTMLElement =>
      h('button', { type: 'button', click: act }, text);
    return h(
      'div',
      { class: 'toolbar' },
      this.#playButton,
      button('Start', () => this.seek(0)),
      button('Previous step', () => this.#toStep(-1)),
      button('Next step', () => this.#toStep(1)),
      button('End', () => this.seek(Infinity)),
      speed,
      this.#where,
      ...this.#vm.files.map((file) => h('span', { class: 'links' }, fileLink(file))),
    );
  }

  /** Everything as text: for reading, for the browser's own search, for printing. */
  #wholeText(): HTMLElement {
    const { omitted } = this.#vm.recording;
    const body = h('pre', {
      class: 'terminal whole',
      tabindex: 0,
      role: 'group',
      'aria-label': `All of the console of ${this.#vm.name}`,
    });
    const fill = async (): Promise<void> => {
      const lines = await this.#replay.lines();
      let shown = 0;
      whenIdle(() => {
        const part = lines.slice(shown, shown + TEXT_SLICE);
        body.append(
          h('div', { class: 'part' }, ...part.flatMap((line) => [...lineNodes(line), '\n'])),
        );
        shown += TEXT_SLICE;
        return shown < lines.length;
      });
    };
    let filled: Promise<void> | undefined;
    const toggle = (): void => {
      filled ??= fill();
    };
    return h(
      'details',
      { toggle },
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

  #key(event: KeyboardEvent): void {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLButtonElement)
      return;
    if (event.target instanceof HTMLSelectElement) return;
    const keys: Record<string, () => void> = {
      ' ': () => this.#toggle(),
      ArrowLeft: () => this.seek(this.#replay.time - 2),
      ArrowRight: () => this.seek(this.#replay.time + 2),
      '[': () => this.#toStep(-1),
      ']': () => this.#toStep(1),
    };
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  }

  #toStep(by: number): void {
    const { time } = this.#replay;
    const target =
      by > 0
        ? this.#steps.find(({ at }) => at > time + 0.001)
        : this.#steps.findLast(({ at }) => at < time - 0.3);
    if (target !== undefined) this.seek(target.at);
  }

  #toggle(): void {
    const playing = this.#playing === undefined ? {} : undefined;
    this.#playing = playing;
    this.#playButton.textContent = playing === undefined ? 'Play' : 'Pause';
    if (playing === undefined) return;
    const replay = this.#replay;
    if (replay.time >= replay.duration) this.seek(0);
    let last = performance.now();
    const frame = (now: number): void => {
      if (this.#playing !== playing) return;
      let time = replay.time + ((now - last) / 1000) * this.#speed;
      last = now;
      const next = replay.nextTime;
      if (next !== undefined && next - time > LONGEST_PAUSE * this.#speed)
        time = next - LONGEST_PAUSE * this.#speed;
      this.seek(time, () => {
        if (this.#playing !== playing) return;
        if (replay.time < replay.duration) requestAnimationFrame(frame);
        else this.pause();
      });
    };
    requestAnimationFrame(frame);
  }

  #draw(): void {
    const { terminal } = this.#replay;
    const { history, version } = terminal;
    if (this.#drawn?.terminal !== terminal) this.screen.replaceChildren();
    else if (this.#drawn.version === version) return;
    const from = this.#drawn?.terminal === terminal ? this.#drawn.settled : 0;
    const settled = Math.max(0, history.length - 1);
    for (const node of this.#changing) node.remove();
    const node = (line: TerminalLine): HTMLElement => {
      const hit = this.#mark !== '' && lineText(line).toLowerCase().includes(this.#mark);
      return h('div', { class: hit ? 'line hit' : 'line' }, ...lineNodes(line));
    };
    this.#changing = [...history.slice(settled), ...terminal.screen].map(node);
    const added = history.slice(Math.max(from, settled - SHOWN_LINES), settled).map(node);
    this.screen.append(...added, ...this.#changing);
    while (this.screen.childElementCount > SHOWN_LINES) this.screen.firstElementChild?.remove();
    this.screen.scrollTop = this.screen.scrollHeight;
    this.#drawn = { terminal, version, settled };
  }

  /** Where the recording is, in words and on the slider. */
  #tell(): void {
    const { time, duration } = this.#replay;
    const step = this.#steps.findLast(({ at }) => at <= time + 0.001);
    const where = `${clock(time)} of ${clock(duration)}${step === undefined ? '' : ` · ${step.text}`}`;
    this.#where.textContent = where;
    this.#slider.value = String(time);
    this.#slider.setAttribute('aria-valuetext', where);
    this.#plot.at(time);
  }
}
