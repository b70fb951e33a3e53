import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, type ResultPromise } from 'execa';
import { plainText } from '../../driver/report/plain-text.js';
import { shellQuote } from '../../driver/quote.js';
import { projectRoot, type Place } from './run-tapboot.js';
import { Screen } from './screen.js';

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  cwd?: string;
}

/** Milliseconds after which what has not been shown will not be: no measure, the end of a hang. */
const PATIENCE_MS = 180_000;

let sessions = 0;

/** `tapboot ARGS` on a pseudo-terminal of its own, which `script` (util-linux) makes. */
export class TerminalSession {
  readonly end: Promise<{ code: number | undefined }>;
  readonly #child: ResultPromise;
  readonly #columns: number;
  /** Where the name of its terminal is written. */
  readonly #names: string;
  #output = '';
  #ended = false;

  private constructor(child: ResultPromise, columns: number, names: string) {
    [this.#child, this.#columns, this.#names] = [child, columns, names];
    const decoder = new TextDecoder();
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += decoder.decode(chunk, { stream: true });
    });
    this.end = child.then(({ exitCode }) => {
      this.#ended = true;
      return { code: exitCode };
    });
  }

  static start(
    place: Place,
    args: readonly string[],
    { columns = 80, rows = 24, env = {}, cwd = projectRoot }: TerminalOptions = {},
  ): TerminalSession {
    const names = join(place.directory, `terminal-${String(++sessions)}`);
    const logged = ['run', 'watch'].includes(args[0] ?? '') ? ['--log-root', place.logRoot] : [];
    const words = [join(projectRoot, 'bin/tapboot'), ...args, ...logged].map(shellQuote).join(' ');
    const size = `stty rows ${String(rows)} cols ${String(columns)}`;
    // `ssh2` and readline ask for the size at once: it has to be there before.
    const line = `${size}; { tty; echo $$; } > ${shellQuote(names)}; exec ${words}`;
    const child = execa('script', ['-qfec', line, '/dev/null'], {
      reject: false,
      cwd,
      extendEnv: false,
      encoding: 'buffer' as const,
      env: place.environment({ TERM: 'xterm-256color', ...env }),
    });
    return new TerminalSession(child, columns, names);
  }

  /** Keys, as they are typed. */
  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** All that the terminal was given so far. */
  get output(): string {
    return this.#output;
  }

  /** What it shows, with all that has scrolled away. */
  screen(): Promise<Screen> {
    return Screen.of(this.#output, this.#columns);
  }

  /** Position behind everything written so far. */
  get mark(): number {
    return plainText(this.#output).length;
  }

  /** Waits until the text behind `from` matches; throws when the command ends before. */
  async shows(pattern: RegExp, from = 0): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      if (pattern.test(plainText(this.#output).slice(from))) return;
      const why = this.#ended ? 'ended' : performance.now() > giveUpAt ? 'hangs' : undefined;
      if (why !== undefined) {
        // What comes after this in the test need not wait as long again.
        this.hangUp();
        const raw = JSON.stringify(this.#output.slice(-1000));
        const { text } = await this.screen();
        throw new Error(`${why} without ${String(pattern)}:\n${text}\n${raw}`);
      }
      await sleep(20);
    }
  }

  /** Types a line and waits for what it brings about. */
  async answer(keys: string, pattern: RegExp): Promise<void> {
    const from = this.mark;
    this.type(keys);
    await this.shows(pattern, from);
  }

  /** Gives the window another size; who draws there is told by SIGWINCH. */
  async resize(columns: number, rows: number): Promise<void> {
    const size = ['rows', String(rows), 'cols', String(columns)];
    await execa('stty', ['-F', this.#name(0), ...size]);
  }

  /** Of the command itself. */
  get pid(): number {
    return Number(this.#name(1));
  }

  #name(line: number): string {
    const text = existsSync(this.#names) ? readFileSync(this.#names, 'utf8') : '';
    return text.split('\n')[line] ?? '';
  }

  /** The window is closed. */
  hangUp(): void {
    this.#child.kill('SIGKILL');
  }
}
