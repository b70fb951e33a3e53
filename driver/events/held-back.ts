import type { NewEvent } from './events.js';
import type { EventStream } from './stream.js';

/** The part of a stream that events go into. */
export type EventGate = Pick<EventStream, 'emit'>;

/**
 * Holds events back until `until` has settled, and then passes them on, in their order and with
 * their own times: what happens beside the end of something else is told behind it.
 */
export function heldBack(events: EventGate, until: Promise<unknown>): EventGate {
  let waiting: (NewEvent & { at: number })[] | undefined = [];
  const open = (): void => {
    for (const event of waiting ?? []) events.emit(event);
    waiting = undefined;
  };
  until.then(open, open);
  return {
    emit: (event) => {
      if (waiting === undefined) events.emit(event);
      else waiting.push({ at: Date.now(), ...event });
    },
  };
}
