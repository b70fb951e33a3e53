import type { EventSink, RunEvent } from '../events/events.js';
import type { Redactor } from './redactor.js';

export { redactor, REDACTION, type Redactor } from './redactor.js';

/** Redacts a stream that arrives in pieces, holding back what may become a secret yet. */
export class StreamRedactor {
  readonly #redact: Redactor;
  #held = '';

  constructor(redact: Redactor) {
    this.#redact = redact;
  }

  /** Takes a piece; returns what can be passed on. */
  push(piece: string): string {
    this.#held += piece;
    const cut = this.#redact.settled(this.#held);
    const out = this.#redact(this.#held.slice(0, cut));
    this.#held = this.#held.slice(cut);
    return out;
  }

  /** The rest, at the end of the stream. */
  flush(): string {
    const out = this.#redact(this.#held);
    this.#held = '';
    return out;
  }
}

/** Keys whose values tapboot itself chose: words of the vocabulary, never data. */
const STRUCTURAL = new Set([
  ...['type', 'class', 'code', 'phase', 'outcome', 'kind', 'channel', 'level'],
]);

function redactDeep(value: unknown, redact: Redactor): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      STRUCTURAL.has(key) ? inner : redactDeep(inner, redact),
    ]),
  );
}

/**
 * A sink that hands events on with the secrets taken out of all their texts. An event is gone
 * through once, however many of these sinks it is handed to.
 */
export function redacting(sink: EventSink, redact: Redactor): EventSink {
  return {
    handle: (event) => {
      sink.handle(redacted(event, redact));
    },
    close: () => sink.close?.(),
  };
}

const done = new WeakMap<Redactor, WeakMap<RunEvent, RunEvent>>();

function redacted(event: RunEvent, redact: Redactor): RunEvent {
  const events = done.get(redact) ?? new WeakMap<RunEvent, RunEvent>();
  done.set(redact, events);
  const made = events.get(event) ?? (redactDeep(event, redact) as RunEvent);
  events.set(event, made);
  return made;
}
