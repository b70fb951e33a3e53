import { closeSync, mkdirSync, openSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeAtomically } from '../host/atomic-file.js';

/**
 * Makes a report's file empty, with its directory: what an earlier run wrote is gone, and
 * a place that cannot be written to is found before the run.
 */
export function clearReport(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  closeSync(openSync(file, 'w', 0o644));
}

/**
 * Writes a whole report: a reader finds all of it or none. Anything but a regular file (a
 * pipe, /dev/stdout, /dev/null) is written to as it is; a rename would replace it.
 */
export function writeReport(file: string, text: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) writeFileSync(file, text);
  else writeAtomically(found === undefined ? file : realpathSync(file), text);
}
