import { TerminalCleaner } from './clean-text.js';

/** Where the raw bytes go, e.g. the write stream of `serial.log`. */
export interface ByteSink {
  write(bytes: Uint8Array): unknown;
}

/** From byte `byteOffset` of the log on, the bytes came `atMs` after QEMU's start. */
export interface TimelineEntry {
  byteOffset: number;
  /** Milliseconds since QEMU's start; negative for what was carried over from a snapshot. */
  atMs: number;
}

/** What a restored machine's console had said when its state was saved. */
export interface CarriedConsole {
  bytes: Uint8Array;
  timeline?: readonly TimelineEntry[];
}

export interface TranscriptOptions {
  sink: ByteSink;
  /** Milliseconds since QEMU's start. */
  clock: () => number;
  /** Written to the sink first, so that the log of a restored machine is whole. */
  carried?: CarriedConsole;
}

/** Called with newly arrived plain text, and the offset at which it begins. */
export type TextListener = (text: string, offset: number) => void;

/** Characters of plain text that stay in memory; the bytes are all in the log. */
const TEXT_LIMIT = 4 * 1024 * 1024;

/** Chunks that arrive closer together share an entry of the timeline. */
const TIMELINE_GRAIN_MS = 5;

/** Entries of the timeline; of a console that says more, only every second time is kept. */
const TIMELINE_LIMIT = 100_000;

/**
 * All that a guest has said on its console. Bytes go to the sink as they come, with an index
 * of their times; beside it stands the same as plain text (see {@link TerminalCleaner}), the
 * last 4 Mi characters of it, addressed by offsets that count from the first byte ever and
 * never change.
 */
export class ConsoleTranscript {
  readonly #sink: ByteSink;
  readonly #clock: () => number;
  readonly #cleaner = new TerminalCleaner();
  #timeline: TimelineEntry[] = [];
  #grainMs = TIMELINE_GRAIN_MS;
  readonly #listeners = new Set<TextListener>();
  readonly #endListeners = new Set<() => void>();
  #text = '';
  /** Offset of the first character of `#text`. */
  #base = 0;
  #bytes = 0;
  #ended = false;
  #lastDataMs: number;

  constructor(options: TranscriptOptions) {
    this.#sink = options.sink;
    this.#clock = options.clock;
    this.#lastDataMs = options.clock();
    if (options.carried !== undefined) this.#carry(options.carried);
  }

  /** Offset just behind the last character. */
  get length(): number {
    return this.#base + this.#text.length;
  }

  /** Offset of the oldest character still in memory. */
  get start(): number {
    return this.#base;
  }

  /** Bytes written to the sink so far. */
  get byteLength(): number {
    return this.#bytes;
  }

  /** Milliseconds since QEMU's start at which the guest last said something. */
  get lastDataMs(): number {
    return this.#lastDataMs;
  }

  /** True once the console's stream has closed: nothing more will come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The cursor stands in a screen that somebody draws; see {@link TerminalCleaner.placed}. */
  get placed(): boolean {
    return this.#cleaner.placed;
  }

  /** A line editor waits for a line; see {@link TerminalCleaner.lineEditor}. */
  get lineEditor(): boolean {
    return this.#cleaner.lineEditor;
  }

  /** Times of the bytes in the log, ascending. */
  get timeline(): readonly TimelineEntry[] {
    return this.#timeline;
  }

  /** Takes bytes from the guest. */
  push(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#lastDataMs = this.#clock();
    const last = this.#timeline.at(-1);
    if (last === undefined || this.#lastDataMs - last.atMs >= this.#grainMs) {
      this.#timeline.push({ byteOffset: this.#bytes, atMs: this.#lastDataMs });
    }
    if (this.#timeline.length > TIMELINE_LIMIT) {
      this.#timeline = this.#timeline.filter((_entry, index) => index % 2 === 0);
      this.#grainMs *= 2;
    }
    this.#append(bytes);
  }

  /** The stream has closed. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const listener of [...this.#endListeners]) listener();
  }

  /** A place to come back to: the present end. */
  mark(): number {
    return this.length;
  }

  /** Plain text from `from` (default: all that is in memory) to the end. */
  text(from = this.#base): string {
    return from <= this.#base ? this.#text : this.#text.slice(from - this.#base);
  }

  /** The last `lines` lines that are not empty, for error messages. */
  tail(lines = 20): string {
    return this.#text
      .slice(-200 * lines)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-lines)
      .join('\n');
  }

  /** @returns a function that ends the subscription */
  onData(listener: TextListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called once when the stream closes. @returns a function that ends the subscription */
  onEnd(listener: () => void): () => void {
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /** Resolves once the stream has closed. */
  async whenEnded(): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      this.onEnd(resolve);
    });
  }

  #carry({ bytes, timeline }: CarriedConsole): void {
    this.#timeline.push(...(timeline ?? [{ byteOffset: 0, atMs: -1 }]));
    this.#append(bytes);
  }

  #append(bytes: Uint8Array): void {
    this.#sink.write(bytes);
    this.#bytes += bytes.byteLength;
    const added = this.#cleaner.push(bytes);
    if (added === '') return;
    const offset = this.length;
    this.#text += added;
    // Trimmed by a quarter at a time: cutting at every chunk would copy 4 MiB each time.
    if (this.#text.length > TEXT_LIMIT * 1.25) {
      const drop = this.#text.length - TEXT_LIMIT;
      this.#text = this.#text.slice(drop);
      this.#base += drop;
    }
    for (const listener of [...this.#listeners]) listener(added, offset);
  }
}
