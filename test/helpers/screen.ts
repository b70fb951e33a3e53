import { width } from '../../driver/report/plain-text.js';

/**
 * What a terminal of `columns` shows of an output, with all that has scrolled away: enough of
 * ECMA-48 for what tapboot and a shell's line editor write (CR, LF, BS, cursor up and down,
 * left and right, EL, ED, SGR). Lines wrap when a character comes behind the last column, as
 * in xterm.
 */
export class Screen {
  readonly #columns: number;
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** Lines that were broken because they were too wide. */
  wrapped = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  static of(output: string, columns: number): Screen {
    const screen = new Screen(columns);
    screen.write(output);
    return screen;
  }

  write(output: string): void {
    const pieces = output.matchAll(
      /\u001b\[([0-9;?]*)([A-Za-z])|\u001b\][^\u0007]*\u0007|\u001b.|[^]/gu,
    );
    for (const [piece, parameter = '', final] of pieces) {
      if (final !== undefined) this.#control(final, parameter);
      else if (piece === '\r') this.#column = 0;
      else if (piece === '\n') this.#down();
      else if (piece === '\b') this.#column = Math.max(0, this.#column - 1);
      else if (piece >= ' ' && !piece.startsWith('\u001b')) this.#put(piece);
    }
  }

  #control(final: string, parameter: string): void {
    const count = Math.max(1, Number(parameter) || 1);
    const line = this.#line();
    if (final === 'A') this.#row = Math.max(0, this.#row - count);
    else if (final === 'B') this.#row = Math.min(this.#lines.length - 1, this.#row + count);
    else if (final === 'C') this.#column += count;
    else if (final === 'D') this.#column = Math.max(0, this.#column - count);
    else if (final === 'K') line.length = Math.min(line.length, this.#column);
    else if (final === 'J') {
      line.length = Math.min(line.length, this.#column);
      this.#lines.length = this.#row + 1;
    }
  }

  #line(): string[] {
    return (this.#lines[this.#row] ??= []);
  }

  /** Terminals are given CR LF for what a program writes as LF. */
  #down(): void {
    this.#column = 0;
    this.#row++;
    this.#line();
  }

  #put(character: string): void {
    const wide = Math.max(1, width(character));
    if (this.#column + wide > this.#columns) {
      this.wrapped++;
      this.#down();
    }
    const line = this.#line();
    while (line.length < this.#column) line.push(' ');
    line[this.#column] = character;
    if (wide === 2) line[this.#column + 1] = '';
    this.#column += wide;
  }

  /** All lines, without blanks at their ends. */
  get lines(): string[] {
    return this.#lines.map((line) => line.join('').trimEnd());
  }

  get text(): string {
    return this.lines.join('\n');
  }
}
