import { startInterval } from '../host/timers.js';
import { printable } from '../language/printable.js';
import { plainText, width } from './plain-text.js';

/** What the terminal can do; asked anew for each drawing, since windows change their size. */
export interface Screen {
  write(text: string): void;
  columns(): number;
  rows(): number;
}

/** Whatever got into a line, it can do no more on the terminal than colour. */
const line = (text: string): string => printable(text, { colours: true });

const INTERVAL_MS = 200;
/** Erases to the end of the line, and to the end of the screen (ECMA-48 EL and ED). */
const TO_END_OF_LINE = '\u001b[K';
const TO_END_OF_SCREEN = '\u001b[J';

/**
 * The last lines of a terminal, drawn over and over; `above` prints lines that stay. The
 * cursor rests behind the last line and is never hidden, so that nothing has to be put right
 * when the process is killed. Only relative movements are used: they hold in tmux and
 * `script`, and after scrolling.
 */
export class LiveBlock {
  readonly #screen: Screen;
  readonly #content: (columns: number, rows: number) => string[];
  /** Columns of each line on the screen. */
  #shown: number[] = [];
  #last = '';
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param content what to show now: lines narrower than `columns`, since a line that fills
   *   the last one may wrap
   */
  constructor(screen: Screen, content: (columns: number, rows: number) => string[]) {
    this.#screen = screen;
    this.#content = content;
  }

  /** Shows the block, and keeps it current until `clear`. */
  show(): void {
    this.#draw('');
    this.#timer ??= startInterval(() => {
      this.#draw('');
    }, INTERVAL_MS).unref();
  }

  /** Prints whole lines; the block, if it is shown, comes back below them. */
  above(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const text = `${lines.map(line).join('\n')}\n`;
    if (this.#timer === undefined) this.#screen.write(text);
    else this.#draw(text);
  }

  /** Takes the block away, until `show` brings it back. */
  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#shown.length > 0) this.#screen.write(`${this.#home()}${TO_END_OF_SCREEN}`);
    this.#shown = [];
    this.#last = '';
  }

  #draw(printed: string): void {
    const [columns, rows] = [this.#screen.columns(), this.#screen.rows()];
    const lines = this.#content(columns, rows);
    const text = lines.map((one) => `${line(one)}${TO_END_OF_LINE}`).join('\n');
    const unchanged = printed === '' && text === this.#last;
    // What has been laid out for another width has to be drawn again.
    if (unchanged && this.#shown.every((wide) => wide < columns)) return;
    // Printed lines may wrap, and may fill the last column: there is to be nothing below them.
    // The block's own lines do neither, and are written over the old ones without a flicker.
    const above = printed === '' ? '' : `${TO_END_OF_SCREEN}${printed}`;
    this.#screen.write(`${this.#home()}${above}${text}${TO_END_OF_SCREEN}`);
    this.#shown = lines.map((one) => width(plainText(one)));
    this.#last = text;
  }

  /**
   * To the beginning of the block's first line. When the window has become narrower,
   * terminals break its lines anew (VTE, kitty, foot, Konsole, tmux do), and it is higher.
   */
  #home(): string {
    if (this.#shown.length === 0) return '';
    const columns = Math.max(1, this.#screen.columns());
    const height = this.#shown.reduce(
      (sum, wide) => sum + Math.max(1, Math.ceil(wide / columns)),
      0,
    );
    return height > 1 ? `\r\u001b[${String(height - 1)}A` : '\r';
  }
}
