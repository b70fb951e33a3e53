import type { ReportRecording } from '../report-data.js';
import { Terminal, type TerminalLine } from './terminal.js';

/** Characters that are replayed before it is seen whether another time is wanted by now. */
const SLICE = 256 * 1024;
/** For the search, what comes within this is of one time: seconds, and characters. */
const MOMENT = 0.2;
const MOMENT_LENGTH = 4096;

/** A recording that can be put to any time. Seconds throughout. */
export class Replay {
  /** The time that is wanted; the terminal follows. */
  time = 0;
  terminal: Terminal;
  readonly #recording: ReportRecording;
  /** The first event that the terminal has not been given. */
  #next = 0;
  #going = Promise.resolve();
  #lines: Promise<readonly TerminalLine[]> | undefined;

  constructor(recording: ReportRecording) {
    this.#recording = recording;
    this.terminal = this.#begin();
  }

  get duration(): number {
    return this.#recording.events.at(-1)?.[0] ?? 0;
  }

  /** When the guest next says something; undefined at the end. */
  get nextTime(): number | undefined {
    return this.#recording.events[this.#next]?.[0];
  }

  /** Resolves when the terminal shows the time that was wanted last. */
  seek(time: number): Promise<void> {
    this.time = Math.min(Math.max(time, 0), this.duration);
    this.#going = this.#going.then(() => this.#go());
    return this.#going;
  }

  async #go(): Promise<void> {
    const { events } = this.#recording;
    const isTold = (index: number): boolean => (events[index]?.[0] ?? Infinity) <= this.time;
    for (;;) {
      if (this.#next > 0 && !isTold(this.#next - 1)) {
        this.terminal.dispose();
        this.terminal = this.#begin();
      }
      if (!isTold(this.#next)) return;
      let text = '';
      for (; isTold(this.#next) && text.length < SLICE; this.#next++) {
        const [, kind, data = ''] = events[this.#next] ?? [];
        if (kind === 'o') text += data;
      }
      this.terminal.write(text);
      await this.terminal.settled();
    }
  }

  #begin(): Terminal {
    this.#next = 0;
    return new Terminal(this.#recording.columns, this.#recording.rows);
  }

  /** All that the console has shown, and when; read once. */
  lines(): Promise<readonly TerminalLine[]> {
    this.#lines ??= this.#read();
    return this.#lines;
  }

  #read(): Promise<readonly TerminalLine[]> {
    const { columns, rows, events } = this.#recording;
    const terminal = new Terminal(columns, rows);
    let [text, since, until] = ['', 0, 0];
    for (const [at, kind, data] of events) {
      if (kind !== 'o') continue;
      if (at - since > MOMENT || text.length > MOMENT_LENGTH) {
        terminal.write(text, until);
        [text, since] = ['', at];
      }
      text += data;
      until = at;
    }
    terminal.write(text, until);
    return terminal.end();
  }

  /** Characters in each of equal stretches of time. */
  activity(bins: number): { counts: number[]; width: number } {
    const counts = Array.from({ length: bins }, () => 0);
    const width = Math.max(this.duration, 0.001) / bins;
    for (const [at, kind, text] of this.#recording.events) {
      const bin = Math.min(bins - 1, Math.floor(at / width));
      if (kind === 'o') counts[bin] = (counts[bin] ?? 0) + text.length;
    }
    return { counts, width };
  }

  get markers(): { at: number; label: string }[] {
    return this.#recording.events
      .filter(([, kind]) => kind === 'm')
      .map(([at, , label]) => ({ at, label }));
  }
}
