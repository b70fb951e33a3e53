import type { EventSink, RunEvent } from '../events/events.js';
import { recordWriteError } from '../host/atomic-file.js';
import { FileOutput } from '../host/output-file.js';

/**
 * All events of a run, one JSON object a line, in their order: `logs/events.jsonl` of every
 * run directory, and what `tapboot merge` reads. Written at once: a killed run leaves what
 * it had told, at worst with a torn last line.
 */
export class EventsFile implements EventSink {
  readonly #output: FileOutput;
  readonly #file: string;
  #failed = false;

  /** @throws the system's error when the file cannot be made */
  constructor(file: string) {
    this.#output = new FileOutput(file);
    this.#file = file;
  }

  /**
   * Writes an event; after one that could not be written, none.
   * @throws TapbootError `infra` TAPBOOT_E_RECORD_WRITE, once
   */
  handle(event: RunEvent): void {
    if (this.#failed) return;
    try {
      this.#output.write(`${JSON.stringify(event)}\n`);
    } catch (cause) {
      this.#failed = true;
      throw recordWriteError(this.#file, cause);
    }
  }

  async close(): Promise<void> {
    await this.#output.close();
  }
}
