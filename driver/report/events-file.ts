import type { TapbootError } from '../errors.js';
import type { EventSink, RunEvent } from '../events/events.js';
import { recordWriteError } from '../ledger/atomic-file.js';
import { FileOutput } from './formats/report-file.js';

/**
 * All events of a run, one JSON object a line, in their order: `logs/events.jsonl` of every
 * run directory, and what `tapboot merge` reads. Written at once: a killed run leaves what
 * it had told, at worst with a torn last line.
 */
export class EventsFile implements EventSink {
  readonly #output: FileOutput;
  readonly #file: string;
  #error: TapbootError | undefined;

  /** @throws the system's error when the file cannot be made */
  constructor(file: string) {
    this.#output = new FileOutput(file);
    this.#file = file;
  }

  /** Why the file is not whole; thrown once, at the event that could not be written. */
  get error(): TapbootError | undefined {
    return this.#error;
  }

  handle(event: RunEvent): void {
    if (this.#error !== undefined) return;
    try {
      this.#output.write(`${JSON.stringify(event)}\n`);
    } catch (cause) {
      this.#error = recordWriteError(this.#file, cause);
      throw this.#error;
    }
  }

  async close(): Promise<void> {
    await this.#output.close();
  }
}
