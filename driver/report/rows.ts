import type { Paint } from './paint.js';
import { duration, plainLine, truncate, width } from './plain-text.js';

/** A line of the report: a mark, a text, and what is said of it at the right. */
export interface Row {
  mark: string;
  text: string;
  /** Of these, the first that leaves the text its room; none where none does. */
  details?: readonly string[];
  milliseconds?: number;
  indent: number;
}

/** Columns of text that no detail may take. */
const LEAST_TEXT = 40;

/** A row with its time at the right edge, `columns` wide. */
export function rowLine(row: Row, columns: number, { dim }: Paint): string {
  const { mark, text, details = [], milliseconds, indent } = row;
  const time = milliseconds === undefined ? '' : duration(milliseconds);
  const all = columns - indent - 2 - (time === '' ? 0 : width(time) + 2);
  const plain = plainLine(text);
  const least = Math.min(width(plain), LEAST_TEXT);
  const fitting = details.find((detail) => all - width(detail) - 2 >= least);
  const shownDetail = fitting === undefined ? '' : `  ${fitting}`;
  const shown = truncate(plain, all - width(shownDetail));
  const gap = time === '' ? '' : ' '.repeat(all - width(shown) - width(shownDetail) + 2);
  return `${' '.repeat(indent)}${mark} ${shown}${dim(shownDetail)}${gap}${dim(time)}`;
}
