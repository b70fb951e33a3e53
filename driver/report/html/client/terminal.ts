import type { IBuffer, IBufferCell, IBufferLine } from '@xterm/headless';
import xterm from '@xterm/headless';

/** How text looks. Colours are -1 for the terminal's own, one of 256, or {@link RGB} and the colour. */
export interface Style {
  fg: number;
  bg: number;
  /** Bits, in the order of {@link MARKS}. */
  marks: number;
}

export const RGB = 0x1000000;
export const MARKS = ['bold', 'italic', 'underline', 'strikethrough', 'reverse'] as const;
/** Most text is this. */
export const PLAIN: Style = { fg: -1, bg: -1, marks: 0 };

/** A stretch of text in one style. */
export interface Run {
  text: string;
  style: Style;
}

export interface TerminalLine {
  /** Without blanks at the end. */
  runs: Run[];
  /** When it last changed, in the seconds of the recording. */
  at: number;
}

/** Rows of the screen, and since when they show what they show. */
type Rows = { text: string; at: number }[];

/** Characters, and so lines at most, that are read at once. */
const CHUNK = 8 * 1024;
/** xterm does these as often as it is told to, and a guest could tell it to for hours. */
const COUNTED = [...'ILMSTZ^b'];
const MOST_COUNTED = 1000;

/**
 * What a terminal shows of a stream, and what it has shown: lines that scrolled away, screens
 * that were cleared, and full-screen programs as they were left.
 */
export class Terminal {
  /** What has left the screen, oldest first. The last line may still be continued. */
  readonly history: TerminalLine[] = [];
  readonly #xterm: xterm.Terminal;
  readonly #cell: IBufferCell;
  readonly #rows: Record<IBuffer['type'], Rows> = { normal: [], alternate: [] };
  /** Counts what has been read, so that who draws it knows whether there is more. */
  version = 0;
  #now = 0;
  /** Lines of xterm's scrollback that the history has. */
  #taken = 0;

  constructor(columns: number, rows: number) {
    this.#xterm = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: 2 * CHUNK,
      allowProposedApi: true,
      logLevel: 'off',
    });
    const { buffer, parser } = this.#xterm;
    this.#cell = buffer.normal.getNullCell();
    parser.registerCsiHandler({ final: 'J' }, ([what]) => {
      const { cursorX, cursorY, type } = buffer.active;
      // Many terminals are cleared by going home and erasing from there.
      if (what === 2 || (what === 0 && cursorX === 0 && cursorY === 0)) this.#keepScreen();
      else if (what === 3 && type === 'normal') this.#forget();
      return false;
    });
    parser.registerCsiHandler({ prefix: '?', final: 'l' }, (modes) => {
      const full = buffer.active.type === 'alternate';
      if (full && [47, 1047, 1049].some((mode) => modes.includes(mode))) this.#keepScreen();
      // Firmware turns wrapping off, and what is too long for a line would be lost.
      return !full && modes.length === 1 && modes[0] === 7;
    });
    parser.registerEscHandler({ final: 'c' }, () => {
      this.#keepScreen();
      this.#forget();
      return false;
    });
    for (const final of COUNTED)
      parser.registerCsiHandler({ final }, ([count]) => Number(count) > MOST_COUNTED);
  }

  /** Is read later: see {@link settled}. */
  write(text: string, at = 0): void {
    this.#xterm.write('', () => (this.#now = at));
    for (let from = 0, to; from < text.length; from = to) {
      const lines = text.lastIndexOf('\n', from + CHUNK - 1) + 1;
      to = lines > from ? lines : from + CHUNK;
      this.#xterm.write(text.slice(from, to), () => this.#look());
      // What has scrolled away is forgotten, but not within a control sequence, which this would end.
      if (lines > from) this.#xterm.write('\x1b[3J');
    }
  }

  /** Resolves when all that was written has been read. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.#xterm.write('', resolve));
  }

  /** The lines on the screen, without empty ones at its end. */
  get screen(): TerminalLine[] {
    const lines: TerminalLine[] = [];
    this.#addRows(lines, this.#xterm.buffer.active);
    return lines;
  }

  /** Ends it. @returns the history, and what is still on the screen */
  async end(): Promise<readonly TerminalLine[]> {
    await this.settled();
    const { active, normal } = this.#xterm.buffer;
    this.#addRows(this.history, normal);
    if (active.type === 'alternate') this.#addRows(this.history, active);
    this.dispose();
    return this.history;
  }

  dispose(): void {
    this.#xterm.dispose();
  }

  /** What of xterm's buffers is new. */
  #look(): void {
    this.version += 1;
    const { active, normal } = this.#xterm.buffer;
    for (; this.#taken < normal.baseY; this.#taken++) {
      const known = this.#rows.normal.shift();
      const same = known !== undefined && known.text === textOf(normal, this.#taken);
      this.#add(this.history, normal, this.#taken, same ? known.at : this.#now);
    }
    const rows = this.#rows[active.type];
    for (let y = 0; y < this.#xterm.rows; y++) {
      const text = textOf(active, active.baseY + y);
      if (rows[y]?.text !== text) rows[y] = { text, at: this.#now };
    }
  }

  #keepScreen(): void {
    this.#look();
    this.#addRows(this.history, this.#xterm.buffer.active);
  }

  /** xterm drops its scrollback. */
  #forget(): void {
    this.#look();
    this.#taken = 0;
  }

  #addRows(lines: TerminalLine[], buffer: IBuffer): void {
    const rows = this.#rows[buffer.type];
    const end = rows.findLastIndex(({ text }) => text.trim() !== '') + 1;
    for (const [y, { at }] of rows.slice(0, end).entries())
      this.#add(lines, buffer, buffer.baseY + y, at);
  }

  #add(lines: TerminalLine[], buffer: IBuffer, index: number, at: number): void {
    const row = buffer.getLine(index);
    if (row === undefined) return;
    // A full-screen program knows where its rows end.
    const joins = buffer.type === 'normal';
    const continued = joins && buffer.getLine(index + 1)?.isWrapped === true;
    const runs = runsOf(row, this.#cell, continued);
    const last = joins && row.isWrapped ? lines.at(-1) : undefined;
    if (last === undefined) lines.push({ runs, at });
    else {
      last.runs.push(...runs);
      last.at = at;
    }
  }
}

/** The text of a line, without blanks at its end. */
export const lineText = (line: TerminalLine): string => line.runs.map(({ text }) => text).join('');

const textOf = (buffer: IBuffer, index: number): string =>
  buffer.getLine(index)?.translateToString(true).trimEnd() ?? '';

/** @param continued blanks at the end of the row count, since the line goes on */
function runsOf(row: IBufferLine, cell: IBufferCell, continued: boolean): Run[] {
  const runs: Run[] = [];
  let style = PLAIN;
  let from = 0;
  const add = (to: number): void => {
    const last = to === row.length && style === PLAIN;
    const text = row.translateToString(last, from, to);
    const shown = last && !continued ? text.trimEnd() : text;
    if (shown !== '') runs.push({ text: shown, style });
  };
  for (let x = 0; x < row.length; x++) {
    row.getCell(x, cell);
    const { fg, bg, marks } = style;
    const own = styleOf(cell);
    if (own === style || (own.fg === fg && own.bg === bg && own.marks === marks)) continue;
    add(x);
    style = own;
    from = x;
  }
  add(row.length);
  return runs;
}

function styleOf(cell: IBufferCell): Style {
  if (cell.isAttributeDefault()) return PLAIN;
  return {
    fg: cell.isFgDefault() ? -1 : cell.getFgColor() + (cell.isFgRGB() ? RGB : 0),
    bg: cell.isBgDefault() ? -1 : cell.getBgColor() + (cell.isBgRGB() ? RGB : 0),
    marks:
      Number(cell.isBold() !== 0) +
      Number(cell.isItalic() !== 0) * 2 +
      Number(cell.isUnderline() !== 0) * 4 +
      Number(cell.isStrikethrough() !== 0) * 8 +
      Number(cell.isInverse() !== 0) * 16,
  };
}
