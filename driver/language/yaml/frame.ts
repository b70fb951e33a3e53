import { type BabelCodeFrameOptions, codeFrameColumns } from '@babel/code-frame';
import type { Span } from './document.js';

/** Characters of a line that a frame shows; of a longer one, those around the span. */
const LONGEST_LINE = 200;

/**
 * The lines around a span with a pointer below its start; one line of context each side.
 * @param line of the span's start, from 1
 */
export function frameOf(text: string, span: Span, line: number): string {
  const start = text.lastIndexOf('\n', span.start - 1) + 1;
  const before = start < 2 ? start : text.lastIndexOf('\n', start - 2) + 1;
  const end = endOfLine(text, span.start);
  const column = span.start - start;
  const offset = Math.max(0, column - LONGEST_LINE / 2);
  // Tabs and carriage returns would shift the pointer away from its place.
  const lines = text
    .slice(before, Math.min(endOfLine(text, end + 1), end + 1 + LONGEST_LINE))
    .split('\n')
    .map((whole) => shown(whole, offset));
  const own = lines[before === start ? 0 : 1] ?? '';
  const length = Math.max(1, Math.min(span.end, end) - span.start);
  const first = column - offset + (offset > 0 ? 2 : 1);
  return codeFrameColumns(
    lines.join('\n'),
    {
      start: { line, column: first },
      end: { line, column: Math.min(first + length, Math.max(own.length + 1, first + 1)) },
    },
    options(before === start ? line : line - 1),
  );
}

/** The types of the library do not know `startLine` yet (7.29). */
const options = (startLine: number): BabelCodeFrameOptions & { startLine: number } => ({
  highlightCode: false,
  forceColor: false,
  linesAbove: 1,
  linesBelow: 1,
  startLine,
});

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function shown(line: string, offset: number): string {
  const part = line.slice(offset, offset + LONGEST_LINE);
  const cut = line.length > offset + LONGEST_LINE ? '…' : '';
  return `${offset > 0 ? '…' : ''}${part}${cut}`.replace(/\r/g, '').replace(/\t/g, ' ');
}
