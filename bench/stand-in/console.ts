import type { Readable, Writable } from 'node:stream';

/** Control sequences of a terminal: CSI, OSC, and the short ones. */
const SEQUENCES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])/g;

/** The beginning of one, at the end of what has come so far. */
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)$/;

/**
 * A serial console: what it says is kept, and waited for. Nothing here sleeps, and nothing is asked
 * twice: whoever waits is woken by output.
 */
export class SerialConsole {
  /** All that was said, without control sequences. */
  text = '';
  #pending = '';
  #from = 0;
  #ended: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #input: Writable;

  constructor(output: Readable, input: Writable) {
    this.#input = input;
    input.on('error', () => undefined);
    output.setEncoding('latin1');
    output.on('data', (chunk: string) => {
      this.#take(chunk);
    });
  }

  #take(chunk: string): void {
    const all = this.#pending + chunk;
    const rest = UNFINISHED.exec(all)?.[0] ?? '';
    this.#pending = rest;
    this.text += all
      .slice(0, all.length - rest.length)
      .replace(SEQUENCES, '')
      .replaceAll('\r', '');
    this.#wake?.();
  }

  /** From now on whoever waits gets this error. */
  end(error: Error): void {
    this.#ended = error;
    this.#wake?.();
  }

  write(text: string): void {
    this.#input.write(text, 'latin1');
  }

  /**
   * Waits for output that nobody has waited for before.
   * @returns the match; what follows it is for the next call
   * @throws Error when it does not come in time, or the machine ends first; with the last lines
   */
  async waitFor(pattern: RegExp, what: string, seconds: number): Promise<RegExpExecArray> {
    const deadline = performance.now() + seconds * 1000;
    while (true) {
      const match = pattern.exec(this.text.slice(this.#from));
      if (match !== null) {
        this.#from += match.index + match[0].length;
        return match;
      }
      if (this.#ended !== undefined) throw this.#failure(`${what}: ${this.#ended.message}`);
      const left = deadline - performance.now();
      if (left <= 0) throw this.#failure(`${what}: nothing of the kind in ${String(seconds)} s`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
  }

  #failure(message: string): Error {
    const end = this.text.trimEnd().split('\n').slice(-20).join('\n');
    return new Error(`stand-in: ${message}\nthe console's last lines:\n${end}`);
  }
}
