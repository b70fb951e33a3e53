import type { EventSink, NewEvent } from './events.js';

/** One stream of events with any number of sinks. */
export class EventStream {
  readonly #sinks: EventSink[] = [];
  readonly #onTrouble: (error: unknown) => void;
  readonly #clock: () => number;

  /**
   * @param onTrouble told what a sink has thrown. Whoever emits an event, often a callback of the
   *   event loop, is not to be hit by it, and the other sinks are told all the same
   * @param clock milliseconds since the epoch; a parameter so that tests can fix it
   */
  constructor(onTrouble: (error: unknown) => void, clock: () => number = Date.now) {
    this.#onTrouble = onTrouble;
    this.#clock = clock;
  }

  add(sink: EventSink): void {
    this.#sinks.push(sink);
  }

  emit(event: NewEvent): void {
    const stamped = { at: this.#clock(), ...event };
    for (const sink of this.#sinks) {
      try {
        sink.handle(stamped);
      } catch (error) {
        this.#onTrouble(error);
      }
    }
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
