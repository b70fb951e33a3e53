import { duration, truncate, width } from './plain-text.js';

/** What the terminal can do; asked anew for each line, since windows change their size. */
export interface Screen {
  write(text: string): void;
  columns(): number;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const INTERVAL_MS = 200;
const ERASE_LINE = '\r\u001b[2K';

/**
 * The last line of a terminal: what happens now, with a spinner and the time since it
 * began. `above` prints lines over it. On anything but a capable terminal it shows nothing.
 */
export class LiveLine {
  readonly #screen: Screen;
  readonly #enabled: boolean;
  readonly #clock: () => number;
  #text = '';
  #since = 0;
  #expectedMs: number | undefined;
  #frame = 0;
  #shown = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(screen: Screen, enabled: boolean, clock: () => number) {
    this.#screen = screen;
    this.#enabled = enabled;
    this.#clock = clock;
  }

  /** Shows a new text; `expectedMs` as known from past runs. */
  show(text: string, since = this.#clock(), expectedMs?: number): void {
    if (!this.#enabled) return;
    [this.#text, this.#since, this.#expectedMs] = [text, since, expectedMs];
    this.#draw();
    this.#timer ??= setInterval(() => {
      this.#frame = (this.#frame + 1) % FRAMES.length;
      this.#draw();
    }, INTERVAL_MS).unref();
  }

  #draw(): void {
    const elapsed = duration(Math.max(0, this.#clock() - this.#since));
    const expected =
      this.#expectedMs === undefined ? '' : ` of about ${duration(this.#expectedMs)}`;
    const times = ` ${elapsed}${expected}`;
    // One column stays free: terminals wrap when the last one is written.
    const room = this.#screen.columns() - 1 - width(times) - 2;
    this.#screen.write(
      `${ERASE_LINE}${FRAMES[this.#frame] ?? ''} ${truncate(this.#text, room)}${times}`,
    );
    this.#shown = true;
  }

  /** Prints whole lines; the live line, if there is one, comes back below them. */
  above(lines: string[]): void {
    if (lines.length === 0) return;
    const erase = this.#shown ? ERASE_LINE : '';
    this.#shown = false;
    this.#screen.write(`${erase}${lines.join('\n')}\n`);
    if (this.#timer !== undefined) this.#draw();
  }

  /** Takes the line away, until `show` brings it back. */
  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#shown) this.#screen.write(ERASE_LINE);
    this.#shown = false;
  }
}
