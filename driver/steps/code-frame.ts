import { readFileSync } from 'node:fs';
import path from 'node:path';
import { codeFrameColumns } from '@babel/code-frame';
import type { SourceLocation } from '../location.js';
import type { StepList } from './scenario-context.js';

/**
 * Absolute path of the file that a place of a scenario names. Places count from the working
 * directory of the loader, which the scenario's own two paths tell.
 */
export function sourcePath(scenario: Pick<StepList, 'file' | 'path'>, at: SourceLocation): string {
  if (at.file === scenario.file) return scenario.path;
  if (path.isAbsolute(at.file)) return at.file;
  const tail = path.sep + path.normalize(scenario.file);
  const base = scenario.path.endsWith(tail)
    ? scenario.path.slice(0, -tail.length)
    : path.dirname(scenario.path);
  return path.resolve(base === '' ? path.sep : base, at.file);
}

/**
 * The lines around a place, with a pointer to it; plain text. Undefined when the file is no
 * longer there or no longer that long: evidence is never a reason to fail.
 */
export function codeFrame(file: string, at: SourceLocation): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const lines = text.replace(/\r/g, '').replace(/\t/g, ' ').split('\n');
  if (at.line > lines.length) return undefined;
  return codeFrameColumns(
    lines.join('\n'),
    { start: { line: at.line, column: at.column } },
    { highlightCode: false, forceColor: false, linesAbove: 1, linesBelow: 2 },
  );
}
