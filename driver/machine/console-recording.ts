import { closeSync, openSync, writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { startTimer } from '../host/timers.js';

/** Replaces secrets in a text that arrives in pieces. */
export interface TextFilter {
  push(piece: string): string;
  flush(): string;
}

/** What a serial line has no notion of; wide enough for a kernel's lines. */
const SIZE = { width: 132, height: 43 };

/** Output that arrives closer together is one event: some guests send byte by byte. */
const GRAIN_MS = 10;
const GRAIN_CHARACTERS = 4096;

/** Characters of a recording, which no guest may fill the disk with. The report shows three million. */
export const RECORDING_LIMIT = 128 * 1024 * 1024;

/** How a recording behaves beside being written. */
export interface RecordingOptions {
  title: string;
  /** Takes secrets out of what is recorded. */
  filter?: TextFilter;
  /** Told once when the file can no longer be written, e.g. disk full, or when it is full. */
  onError: (error: Error) => void;
  /** Characters that are written. Default {@link RECORDING_LIMIT}. */
  limit?: number;
}

/**
 * serial.cast of one VM: its console as an asciicast v2
 * (https://docs.asciinema.org/manual/asciicast/v2/), times in seconds since QEMU's start.
 * The guest's output alone, never what was typed. When QEMU is started again under the same
 * name, the clock goes on. Written within {@link GRAIN_MS}: a killed driver loses no more.
 */
export class ConsoleRecording {
  readonly #fd: number;
  readonly #options: RecordingOptions;
  readonly #decoder = new TextDecoder();
  #startedAt: number | undefined;
  #pending: { at: number; text: string } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #open = true;
  #failed = false;
  #left: number;

  constructor(path: string, options: RecordingOptions) {
    this.#left = options.limit ?? RECORDING_LIMIT;
    this.#fd = openSync(path, 'a', 0o644);
    this.#options = options;
  }

  /**
   * QEMU has been started. The first time begins the recording, any later one is marked.
   * @param at `performance.now()` of the start
   */
  started(at: number): void {
    if (this.#startedAt !== undefined) {
      this.mark('QEMU started again');
      return;
    }
    this.#startedAt = at;
    const timestamp = Math.round((performance.timeOrigin + at) / 1000);
    this.#line({ version: 2, ...SIZE, timestamp, title: this.#options.title });
  }

  output(bytes: Uint8Array): void {
    this.#text(this.#decoder.decode(bytes, { stream: true }));
  }

  /** A named place in the recording. */
  mark(label: string): void {
    this.#flush();
    this.#line([this.#now(), 'm', label]);
  }

  #now(): number {
    const elapsed = performance.now() - (this.#startedAt ?? performance.now());
    return Math.round(elapsed) / 1000;
  }

  #text(piece: string): void {
    const { filter } = this.#options;
    const text = filter === undefined ? piece : filter.push(piece);
    if (text === '') return;
    if (this.#pending === undefined) {
      this.#pending = { at: this.#now(), text };
      this.#timer = startTimer(() => {
        this.#flush();
      }, GRAIN_MS);
      this.#timer.unref();
    } else this.#pending.text += text;
    if (this.#pending.text.length >= GRAIN_CHARACTERS) this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) this.#line([pending.at, 'o', pending.text]);
  }

  #line(value: unknown): void {
    if (!this.#open || this.#failed || this.#startedAt === undefined) return;
    let line = `${JSON.stringify(value)}\n`;
    this.#left -= line.length;
    if (this.#left < 0) {
      line = `${JSON.stringify([this.#now(), 'm', 'the recording has reached its limit'])}\n`;
    }
    try {
      writeSync(this.#fd, line);
      if (this.#left < 0) throw new Error('it has reached its limit; serial.log goes on');
    } catch (error) {
      this.#failed = true;
      this.#options.onError(error as Error);
    }
  }

  /** Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#text(this.#decoder.decode());
    const rest = this.#options.filter?.flush() ?? '';
    this.#flush();
    if (rest !== '') this.#line([this.#now(), 'o', rest]);
    this.#open = false;
    closeSync(this.#fd);
  }
}
