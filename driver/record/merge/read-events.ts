import type { RunEvent } from '../../events/events.js';
import { MAX_LINE_BYTES, readLines } from '../ledger/split-lines.js';
import { asEvent } from './event-schema.js';

/** One line of a file of events. */
export type EventLine =
  { kind: 'event'; event: RunEvent } | { kind: 'bad'; line: number; reason: string };

/**
 * Streams a file of events, each of which is what its type says. Lines that cannot be read (the
 * torn last one of a kill) or are none are told.
 */
export async function* readEvents(file: string): AsyncGenerator<EventLine> {
  for await (const { number, text, bytes } of readLines(file)) {
    if (text?.trim() === '') continue;
    const read = text === undefined ? { problem: tooLong(bytes) } : parse(text);
    if ('event' in read) yield { kind: 'event', event: read.event };
    else yield { kind: 'bad', line: number, reason: read.problem };
  }
}

const tooLong = (bytes: number): string =>
  `${String(bytes)} bytes, more than ${String(MAX_LINE_BYTES)} bytes`;

function parse(text: string): ReturnType<typeof asEvent> {
  try {
    return asEvent(JSON.parse(text));
  } catch (error) {
    return { problem: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
