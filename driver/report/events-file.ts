import type { EventSink, RunEvent } from '../events/events.js';
import { FileOutput } from './formats/report-file.js';

/**
 * All events of a run, one JSON object a line, in their order: `logs/events.jsonl` of every
 * run directory, and what `tapboot merge` reads. Written at once: a killed run leaves what
 * it had told, at worst with a torn last line.
 */
export class EventsFile implements EventSink {
  readonly #output: FileOutput;

  /** @throws the system's error when the file cannot be made */
  constructor(file: string) {
    this.#output = new FileOutput(file);
  }

  handle(event: RunEvent): void {
    this.#output.write(`${JSON.stringify(event)}\n`);
  }

  async close(): Promise<void> {
    await this.#output.close();
  }
}
