import type { ReportRecording } from '../report-data.js';
import { Terminal, type TerminalLine } from './terminal.js';

/** A recording that can be put to any time. Seconds throughout. */
export class Replay {
  readonly #recording: ReportRecording;
  terminal: Terminal;
  time = 0;
  #next = 0;
  /** True when the terminal was begun anew since somebody last looked. */
  anew = true;

  constructor(recording: ReportRecording) {
    this.#recording = recording;
    this.terminal = new Terminal(recording.rows);
  }

  get duration(): number {
    return this.#recording.events.at(-1)?.[0] ?? 0;
  }

  seek(time: number): void {
    const { events, rows } = this.#recording;
    const wanted = Math.min(Math.max(time, 0), this.duration);
    if (wanted < this.time) {
      this.terminal = new Terminal(rows);
      this.#next = 0;
      this.anew = true;
    }
    for (
      let event = events[this.#next];
      event !== undefined && event[0] <= wanted;
      event = events[this.#next]
    ) {
      if (event[1] === 'o') this.terminal.write(event[2], event[0]);
      this.#next += 1;
    }
    this.time = wanted;
  }

  /** When the guest next says something; undefined at the end. */
  get nextTime(): number | undefined {
    return this.#recording.events[this.#next]?.[0];
  }

  /** All lines as they are at the end. */
  allLines(): TerminalLine[] {
    const whole = new Replay(this.#recording);
    whole.seek(Infinity);
    return whole.terminal.lines;
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
