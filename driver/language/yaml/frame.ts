import { codeFrameColumns } from '@babel/code-frame';
import type { Span } from './document.js';

/** The lines around a span with a pointer below its start; one line of context each side. */
export function frameOf(text: string, span: Span): string {
  // Tabs and carriage returns would shift the pointer away from its place.
  const lines = text.replace(/\r/g, '').replace(/\t/g, ' ').split('\n');
  const before = text.slice(0, span.start).split('\n');
  const line = before.length;
  const column = (before[before.length - 1]?.length ?? 0) + 1;
  const width = (lines[line - 1]?.length ?? 0) + 1;
  const length = Math.max(1, text.slice(span.start, span.end).split('\n')[0]?.length ?? 1);
  return codeFrameColumns(
    lines.join('\n'),
    {
      start: { line, column },
      end: { line, column: Math.min(column + length, Math.max(width, column + 1)) },
    },
    { highlightCode: false, forceColor: false, linesAbove: 1, linesBelow: 1 },
  );
}
