import type { Duplex } from 'node:stream';
import { asTapbootError, guestDead, productError } from '../../errors.js';
import { startTimer } from '../../host/timers.js';
import { abortReason, awaitedLater } from '../../host/waiting.js';
import { search } from '../../language/expect/search.js';
import type { ConsoleTranscript } from './transcript.js';

/** Where a search begins: an offset from `mark()`, the first byte, or the present end. */
export type SearchStart = number | 'boot' | 'now';

export interface ExpectOptions {
  timeoutMs: number;
  /** Default `now`. */
  from?: SearchStart;
  signal?: AbortSignal;
  /** What is waited for, in words, for the message of a timeout. */
  reason?: string;
}

/** Text found on the console. */
export interface ConsoleMatch {
  text: string;
  /** Capture groups of the pattern, in their order. */
  groups: (string | undefined)[];
  /** Offsets into the transcript: first character, and just behind the last. */
  start: number;
  end: number;
}

export interface ConsoleOptions {
  /** Receives what is typed, for harness.log; it never goes to the guest's own log. */
  logTyped(line: string): void;
}

/** A pause between two looks; what comes meanwhile is looked at together. */
const LONGEST_PAUSE_MS = 1000;

/** A guest's serial console: types, and looks for text in what the guest answers. */
export class Console {
  readonly transcript: ConsoleTranscript;
  readonly #stream: Duplex;
  readonly #logTyped: (line: string) => void;
  /** Rejects (guest-dead) once the console has closed; never resolves. */
  readonly closed: Promise<never>;
  #typedBytes = 0;

  /**
   * Takes over `stream`: from here on its bytes go to the transcript.
   * A stream that fails or closes ends the transcript.
   */
  constructor(stream: Duplex, transcript: ConsoleTranscript, options: ConsoleOptions) {
    this.#stream = stream;
    this.transcript = transcript;
    this.#logTyped = (line) => options.logTyped(line);
    this.closed = new Promise((_, reject) => {
      transcript.onEnd(() => reject(consoleGone(transcript)));
    });
    awaitedLater(this.closed);
    stream.on('data', (chunk: Uint8Array) => transcript.push(chunk));
    stream.once('close', () => transcript.end());
    stream.once('end', () => transcript.end());
    // A reset by QEMU's death is followed by `close`; the death itself is reported elsewhere.
    stream.on('error', () => transcript.end());
  }

  /** Bytes typed so far, by anyone: tells whether someone else has typed in between. */
  get typedBytes(): number {
    return this.#typedBytes;
  }

  /**
   * Types `text` as a keyboard would: `\n` is sent as carriage return, as the Enter key does.
   * @param options.secret keep the text out of harness.log
   * @throws TapbootError guest-dead when the console is gone
   */
  send(text: string, options: { secret?: boolean } = {}): void {
    if (this.transcript.ended || !this.#stream.writable) throw consoleGone(this.transcript);
    const bytes = text.replace(/\r?\n/g, '\r');
    this.#typedBytes += bytes.length;
    this.#logTyped(options.secret === true ? '(hidden)' : printable(text));
    this.#stream.write(bytes);
  }

  /**
   * Waits until `pattern` stands in the console's plain text (colours, titles and carriage
   * returns removed), also where it came in several pieces.
   * @throws TapbootError product on timeout, scenario for a pattern that takes too long, guest-dead when the console closes first;
   *   `signal.reason` when aborted
   */
  async expect(pattern: RegExp | string, options: ExpectOptions): Promise<ConsoleMatch> {
    const { transcript } = this;
    const from = searchStart(options.from ?? 'now', transcript);
    const find = finder(pattern, from, transcript);
    const { signal, timeoutMs } = options;
    signal?.throwIfAborted();
    const already = find();
    if (already !== undefined) return already;
    if (transcript.ended) throw consoleGone(transcript);

    return await new Promise<ConsoleMatch>((resolve, reject) => {
      let scheduled: NodeJS.Timeout | undefined;
      let pauseMs = 0;
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        clearTimeout(scheduled);
        offData();
        offEnd();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const look = (): boolean => {
        try {
          const match = find();
          if (match !== undefined) finish(() => resolve(match));
          return match !== undefined;
        } catch (error) {
          finish(() => reject(asTapbootError(error)));
          return true;
        }
      };
      const onAbort = (): void => finish(() => reject(abortReason(signal)));
      const timer = startTimer(() => {
        if (!look()) finish(() => reject(notSeen(pattern, options, from, transcript)));
      }, timeoutMs);
      // Each look searches all that has come: one at a time, and no more than a fifth of all time.
      const offData = transcript.onData(() => {
        scheduled ??= startTimer(() => {
          const begun = performance.now();
          scheduled = undefined;
          look();
          pauseMs = Math.min(LONGEST_PAUSE_MS, (performance.now() - begun) * 4);
        }, pauseMs);
      });
      const offEnd = transcript.onEnd(() => {
        if (!look()) finish(() => reject(consoleGone(transcript)));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

function searchStart(from: SearchStart, transcript: ConsoleTranscript): number {
  if (from === 'boot') return 0;
  return from === 'now' ? transcript.mark() : from;
}

/** A search that may be repeated while the text grows. */
function finder(
  pattern: RegExp | string,
  from: number,
  transcript: ConsoleTranscript,
): () => ConsoleMatch | undefined {
  if (typeof pattern === 'string') {
    let next = from;
    return () => {
      const base = Math.max(next, transcript.start);
      const text = transcript.text(base);
      const index = text.indexOf(pattern);
      // All but the last length-1 characters have been searched and need no second look.
      if (index < 0) {
        next = Math.max(base, base + text.length - pattern.length + 1);
        return undefined;
      }
      const start = base + index;
      return { text: pattern, groups: [], start, end: start + pattern.length };
    };
  }
  // `g` and `y` would make a search depend on the one before.
  const { source, flags } = { source: pattern.source, flags: pattern.flags.replace(/[gy]/g, '') };
  return () => {
    const base = Math.max(from, transcript.start);
    const match = search({ source, flags }, transcript.text(base));
    if (match === undefined) return undefined;
    const { text, groups, index } = match;
    return { text, groups, start: base + index, end: base + index + text.length };
  };
}

function notSeen(
  pattern: RegExp | string,
  { reason, timeoutMs }: ExpectOptions,
  from: number,
  transcript: ConsoleTranscript,
): Error {
  const what = reason ?? 'text on the console';
  const since = transcript.text(from).trim();
  return productError(
    'TAPBOOT_E_CONSOLE_TIMEOUT',
    `${what}: not seen within ${String(timeoutMs / 1000)} s`,
    {
      expected: typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern),
      got: since === '' ? 'nothing was said meanwhile' : 'other text (its last lines follow)',
      output: since === '' ? transcript.tail() : since.split('\n').slice(-20).join('\n'),
    },
  );
}

/** The console's stream has closed: QEMU is gone. */
export function consoleGone(transcript: ConsoleTranscript): Error {
  return guestDead('TAPBOOT_E_CONSOLE_CLOSED', 'the console has closed: the machine is gone', {
    output: transcript.tail(),
    hint: 'serial.log has the complete console; harness.log shows how QEMU ended.',
  });
}

/** Control characters written out, so that a line of harness.log stays a line. */
function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
