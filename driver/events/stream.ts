import type { EventSink, NewEvent } from './events.js';

/** One stream of events with any number of sinks. */
export class EventStream {
  readonly #sinks: EventSink[] = [];
  readonly #clock: () => number;

  /** @param clock milliseconds since the epoch; a parameter so that tests can fix it */
  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
  }

  add(sink: EventSink): void {
    this.#sinks.push(sink);
  }

  emit(event: NewEvent): void {
    const stamped = { at: this.#clock(), ...event };
    for (const sink of this.#sinks) sink.handle(stamped);
  }

  /**
   * Closes all sinks in their order, also after one has failed.
   * @throws the first error met
   */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const sink of this.#sinks) {
      try {
        await sink.close?.();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
