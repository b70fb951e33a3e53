/** CSI, OSC (ended by BEL or ST), and other escape sequences of ECMA-48. */
const ESCAPES =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|\u001b[ -/]*[0-~]/g;
/** C0 and C1 but tab and newline, and the marks that reorder text on a screen. */
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Text from a guest made safe to print: no escape sequences, no control characters but
 * tab and newline, `\r\n` as `\n`. A guest must not be able to steer the terminal, or to
 * forge a line of a report.
 */
export function plainText(text: string): string {
  return text.replace(/\r+\n/g, '\n').replace(ESCAPES, '').replace(CONTROLS, '');
}

/** The same on one line: line breaks (Unicode's too) and tabs become spaces. */
export function plainLine(text: string): string {
  return plainText(text)
    .replace(/[\s\u0085\u2028\u2029]+/g, ' ')
    .trim();
}

/** Wide characters take two columns (the blocks that matter: CJK, Hangul, emoji). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const MARK = /\p{Mn}|\p{Me}|\u200d/u;

const columnsOf = (character: string): number =>
  WIDE.test(character) ? 2 : MARK.test(character) ? 0 : 1;

/** Columns that a line without escape sequences takes on a terminal. */
export function width(line: string): number {
  let columns = 0;
  for (const character of line) columns += columnsOf(character);
  return columns;
}

/** Cuts a line to so many columns, with `…` where something is missing. */
export function truncate(line: string, columns: number): string {
  if (width(line) <= columns) return line;
  if (columns <= 0) return '';
  let [out, used] = ['', 0];
  for (const character of line) {
    used += columnsOf(character);
    if (used > columns - 1) break;
    out += character;
  }
  return `${out}…`;
}

/** Breaks a text into lines of so many columns, at spaces where there are any. */
export function wrap(text: string, columns: number): string[] {
  const limit = Math.max(10, columns);
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && width(longer) > limit) {
        lines.push(line);
        line = word;
      } else {
        line = longer;
      }
    }
    return [...lines, line];
  });
}

/** Seconds for people: `0.4 s`, `12.3 s`, `3 min 05 s`, `1 h 02 min`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  // What would be rounded up to 60.0 belongs to the next form.
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const total = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (total < 3600) return `${String(Math.floor(total / 60))} min ${two(total % 60)} s`;
  return `${String(Math.floor(total / 3600))} h ${two(Math.floor((total % 3600) / 60))} min`;
}
