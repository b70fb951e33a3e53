import type { RunEvent } from '../../events/events.js';
import { readLines } from '../ledger/split-lines.js';

/** One line of a file of events. */
export type EventLine =
  { kind: 'event'; event: RunEvent } | { kind: 'bad'; line: number; reason: string };

/** Streams a file of events. Lines that cannot be read (the torn last one of a kill) are told. */
export async function* readEvents(file: string): AsyncGenerator<EventLine> {
  for await (const { number, text } of readLines(file)) {
    if (text?.trim() === '') continue;
    const event = text === undefined ? undefined : parse(text);
    if (event === undefined) yield { kind: 'bad', line: number, reason: 'not an event' };
    else yield { kind: 'event', event };
  }
}

function parse(text: string): RunEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, at } = value as Record<string, unknown>;
  // Events of a newer tapboot pass through; those who know their type use them.
  return typeof type === 'string' && typeof at === 'number' ? (value as RunEvent) : undefined;
}
