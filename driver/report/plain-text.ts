import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

export { plainLine, plainText } from '../language/printable.js';

/** Columns that a line takes on a terminal. */
export const width = (line: string): number => stringWidth(line);

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Cuts a line to so many columns, with `…` where something is missing. */
export function truncate(line: string, columns: number): string {
  if (width(line) <= columns) return line;
  if (columns <= 0) return '';
  let [out, used] = ['', 0];
  for (const { segment } of graphemes.segment(line)) {
    used += width(segment);
    if (used > columns - 1) break;
    out += segment;
  }
  return `${out}…`;
}

/** Breaks a text into lines of so many columns, at spaces where there are any. */
export const wrap = (text: string, columns: number): string[] =>
  wrapAnsi(text, Math.max(10, columns)).split('\n');

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
