export interface TerminalLine {
  /** One character each. */
  cells: string[];
  /** Parameters of SGR in force at each character. */
  styles: string[];
  /** When it was last written to, in the seconds of the recording. */
  at: number;
}

/** A sequence of control characters, whole or cut off by the end of the text (last branch). */
const CONTROL =
  /\x1b\[([?>=]?)([\d;:]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()*+#][0-9A-Za-z]|\x1b([0-9=>A-Za-z])|[\x00-\x1f\x7f]/y;
const CUT_OFF = /\x1b(?:\[[\d;:?>=]*[ -/]*|\][^\x07\x1b]{0,2000}\x1b?|[()*+#])?$/;

/** More styles in force at once than any program sets: something is wrong with them. */
const STYLE_LIMIT = 80;

/** A guest could ask for lines without end; what is beyond overwrites the last one. */
const LINE_LIMIT = 200_000;

/**
 * What a terminal would show of a stream, with all that has scrolled away: cursor movements
 * and erasures of menus and prompts included. Lines are not wrapped.
 */
export class Terminal {
  readonly lines: TerminalLine[] = [];
  readonly rows: number;
  /** First line of the screen. */
  top = 0;
  x = 0;
  y = 0;
  saved = { x: 0, y: 0 };
  style = '';
  pending = '';
  now = 0;
  /** Lines from here on have changed since somebody last looked. */
  dirty = 0;

  constructor(rows: number) {
    this.rows = rows;
  }

  write(text: string, now = this.now): void {
    this.now = now;
    let rest = this.pending + text;
    this.pending = '';
    const cut = CUT_OFF.exec(rest.slice(-2100));
    if (cut !== null && cut[0] !== '') {
      this.pending = cut[0];
      rest = rest.slice(0, rest.length - cut[0].length);
    }
    for (let at = 0; at < rest.length;) {
      CONTROL.lastIndex = at;
      const match = CONTROL.exec(rest);
      if (match !== null) {
        at += match[0].length;
        this.control(match);
      } else {
        const character = String.fromCodePoint(rest.codePointAt(at) ?? 32);
        at += character.length;
        this.put(character);
      }
    }
  }

  line(): TerminalLine {
    const index = Math.min(this.top + this.y, LINE_LIMIT - 1);
    while (this.lines.length <= index) this.lines.push({ cells: [], styles: [], at: this.now });
    this.dirty = Math.min(this.dirty, index);
    const line = this.lines[index] ?? { cells: [], styles: [], at: 0 };
    line.at = this.now;
    return line;
  }

  put(character: string): void {
    const line = this.line();
    while (line.cells.length < this.x) {
      line.cells.push(' ');
      line.styles.push('');
    }
    line.cells[this.x] = character;
    line.styles[this.x] = this.style;
    this.x += 1;
  }

  control(match: RegExpExecArray): void {
    const [whole, prefix, parameters, final, escape] = match;
    if (final !== undefined) {
      if (prefix === '') this.csi(final, parameters ?? '');
    } else if (escape !== undefined) this.escape(escape);
    else if (whole === '\n' || whole === '\x0b' || whole === '\x0c') this.feed();
    else if (whole === '\r') this.x = 0;
    else if (whole === '\b') this.x = Math.max(0, this.x - 1);
    else if (whole === '\t') this.x = (Math.floor(this.x / 8) + 1) * 8;
  }

  feed(): void {
    if (this.y < this.rows - 1) this.y += 1;
    else this.top += 1;
    this.line();
  }

  escape(letter: string): void {
    if (letter === '7') this.saved = { x: this.x, y: this.y };
    else if (letter === '8') Object.assign(this, this.saved);
    else if (letter === 'E') {
      this.x = 0;
      this.feed();
    } else if (letter === 'D') this.feed();
    else if (letter === 'M') this.y = Math.max(0, this.y - 1);
    else if (letter === 'c') {
      this.style = '';
      this.clear();
      this.x = this.y = 0;
    }
  }

  /** The screen begins anew; what was on it has scrolled away. */
  clear(): void {
    this.top = this.lines.length;
  }

  csi(final: string, parameters: string): void {
    if (final === 'm') {
      this.paint(parameters);
      return;
    }
    const [first, second] = parameters.split(/[;:]/).map((number) => Number(number));
    // Far more than any screen, and far less than what would fill the memory.
    const count = Math.min(first || 1, 500);
    const last = this.rows - 1;
    if (final === 'A') this.y = Math.max(0, this.y - count);
    else if (final === 'B') this.y = Math.min(last, this.y + count);
    else if (final === 'C') this.x = Math.min(500, this.x + count);
    else if (final === 'D') this.x = Math.max(0, this.x - count);
    else if (final === 'G') this.x = count - 1;
    else if (final === 'd') this.y = Math.min(last, count - 1);
    else if (final === 'H' || final === 'f') {
      this.y = Math.min(last, count - 1);
      this.x = Math.min(second || 1, 500) - 1;
    } else if (final === 'J') this.eraseDisplay(first || 0);
    else if (final === 'K') this.eraseLine(first || 0);
    else if (final === 's') this.saved = { x: this.x, y: this.y };
    else if (final === 'u') Object.assign(this, this.saved);
    else if (final === 'P') {
      this.line().cells.splice(this.x, count);
      this.line().styles.splice(this.x, count);
    }
  }

  /** @param what 0 to the end, 1 from the beginning, 2 and 3 all */
  eraseDisplay(what: number): void {
    if (what >= 2) this.clear();
    else if (what === 0) {
      this.eraseLine(0);
      this.lines.length = Math.min(this.lines.length, this.top + this.y + 1);
    }
  }

  /** @param what as of eraseDisplay */
  eraseLine(what: number): void {
    const line = this.line();
    if (what === 1) {
      const end = Math.min(this.x + 1, line.cells.length);
      line.cells.fill(' ', 0, end);
      line.styles.fill('', 0, end);
      return;
    }
    const keep = what === 0 ? Math.min(this.x, line.cells.length) : 0;
    line.cells.length = line.styles.length = keep;
  }

  /** @param parameters of SGR */
  paint(parameters: string): void {
    // What stands before a reset no longer matters; a 0 within a colour is not one.
    const reset = parameters === '' || parameters === '0' || /^0?;/.test(parameters);
    const joined = reset ? parameters.replace(/^0?;?/, '') : `${this.style};${parameters}`;
    const tidy = joined.replace(/^;+/, '');
    this.style = tidy.length > STYLE_LIMIT ? parameters : tidy;
  }
}

/** The text of a line, without blanks at its end. */
export const lineText = (line: TerminalLine): string => line.cells.join('').trimEnd();
