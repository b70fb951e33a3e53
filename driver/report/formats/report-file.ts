import { closeSync, mkdirSync, openSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeAtomically, writeFully } from '../../host/atomic-file.js';
import type { Output } from '../output.js';

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

/** A report that is written as the run goes; unbuffered, so that a kill leaves all of it. */
export class FileOutput implements Output {
  readonly broken = false;
  #fd: number | undefined;

  /** @throws the system's error when the file cannot be made */
  constructor(file: string) {
    mkdirSync(path.dirname(file), { recursive: true });
    this.#fd = openSync(file, 'w', 0o644);
  }

  write(text: string): void {
    if (this.#fd !== undefined && text !== '') writeFully(this.#fd, Buffer.from(text));
  }

  close(): Promise<void> {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    return Promise.resolve();
  }
}
