import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { writeFully } from './atomic-file.js';

/** A file that is written as the work goes; unbuffered, so that a kill leaves all of it. */
export class FileOutput {
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
