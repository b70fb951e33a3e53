import { Terminal } from './terminal.js';

/** @typedef {import('../report-data.js').ReportRecording} Recording */

/** A recording that can be put to any time. Seconds throughout. */
export class Replay {
  /** @param {Recording} recording */
  constructor(recording) {
    this.recording = recording;
    this.terminal = new Terminal(recording.rows);
    this.next = 0;
    this.time = 0;
    /** True when the terminal was begun anew since somebody last looked. */
    this.anew = true;
  }

  get duration() {
    return this.recording.events.at(-1)?.[0] ?? 0;
  }

  /** @param {number} time */
  seek(time) {
    const { events, rows } = this.recording;
    const wanted = Math.min(Math.max(time, 0), this.duration);
    if (wanted < this.time) {
      this.terminal = new Terminal(rows);
      this.next = 0;
      this.anew = true;
    }
    for (
      let event = events[this.next];
      event !== undefined && event[0] <= wanted;
      event = events[this.next]
    ) {
      if (event[1] === 'o') this.terminal.write(event[2], event[0]);
      this.next += 1;
    }
    this.time = wanted;
  }

  /** When the guest next says something; undefined at the end. */
  get nextTime() {
    return this.recording.events[this.next]?.[0];
  }

  /** All lines as they are at the end. */
  allLines() {
    const whole = new Replay(this.recording);
    whole.seek(Infinity);
    return whole.terminal.lines;
  }

  /** Characters in each of equal stretches of time. @param {number} bins */
  activity(bins) {
    const counts = new Array(bins).fill(0);
    const width = Math.max(this.duration, 0.001) / bins;
    for (const [at, kind, text] of this.recording.events) {
      if (kind === 'o') counts[Math.min(bins - 1, Math.floor(at / width))] += text.length;
    }
    return { counts, width };
  }

  get markers() {
    return this.recording.events
      .filter(([, kind]) => kind === 'm')
      .map(([at, , label]) => ({ at, label }));
  }
}
