import { scenarioError } from '../errors.js';
import type { EventSink, RunEvent } from '../events/events.js';

/** What is printed in a secret's place. */
export const REDACTION = '[redacted]';

/** Shorter values occur by chance everywhere; replacing them would wreck every output. */
export const MIN_SECRET_LENGTH = 4;

/** Replaces secrets in a text. */
export interface Redactor {
  (text: string): string;
  /** Finds secrets in `text`; for streams. */
  matches(text: string): { start: number; end: number }[];
  /** Length of the longest text that a secret can take, 0 without secrets. */
  readonly reach: number;
}

/** Where a terminal or a tool broke a line in the middle of a value. */
const BREAK = '(?: ?\\r?\\n| ?\\r)?';
const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** The value as a pattern that also finds it wrapped over lines, at any column. */
function wrapped(value: string): string {
  return [...value].map(escapeRegExp).join(BREAK);
}

/** The forms in which a value is looked for, beside its own. */
function forms(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64');
  const candidates = [
    value,
    // In JSON and YAML strings, in single-quoted shell words, with backslashes, in URLs.
    JSON.stringify(value).slice(1, -1),
    value.replaceAll("'", `'\\''`),
    value.replace(/[^A-Za-z0-9_@%+=:,./-]/g, '\\$&'),
    encodeURIComponent(value),
    // On its own; a secret encoded together with other bytes looks different.
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(value).toString('base64url'),
  ];
  // Keys and certificates come back indented, prefixed, or with CRLF: line by line then.
  if (/[\r\n]/.test(value)) candidates.push(...value.split(/[\r\n]+/).map((line) => line.trim()));
  return candidates.filter((form) => form.length >= MIN_SECRET_LENGTH);
}

/**
 * Makes a function that replaces secret values by `[redacted]`, wherever they stand and
 * even when a line break got into them. What it cannot see: a value cut short, one that
 * was encoded together with other text, hashed, or printed character by character
 * with something other than line breaks between.
 * @param values empty ones are passed over
 * @throws TapbootError `scenario` TAPBOOT_E_SECRET_TOO_SHORT below 4 characters
 */
export function redactor(values: readonly string[]): Redactor {
  const secrets = [...new Set(values)].filter((value) => value !== '');
  for (const secret of secrets) {
    if (secret.length >= MIN_SECRET_LENGTH) continue;
    throw scenarioError('TAPBOOT_E_SECRET_TOO_SHORT', 'a value is too short to be redacted', {
      expected: `at least ${String(MIN_SECRET_LENGTH)} characters`,
      got: `${String(secret.length)} characters`,
      hint: 'Use a longer value, or take its name off the `redact` list.',
    });
  }
  const all = [...new Set(secrets.flatMap(forms))].sort((a, b) => b.length - a.length);
  if (all.length === 0)
    return Object.assign((text: string) => text, { matches: () => [], reach: 0 });
  const pattern = new RegExp(all.map(wrapped).join('|'), 'g');
  return Object.assign((text: string) => text.replace(pattern, REDACTION), {
    matches: (text: string) =>
      [...text.matchAll(pattern)].map((match) => ({
        start: match.index,
        end: match.index + match[0].length,
      })),
    // Each gap between two characters may hold a break of up to 3.
    reach: Math.max(...all.map((form) => form.length * 4)),
  });
}

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
    let cut = Math.max(0, this.#held.length - Math.max(0, this.#redact.reach - 1));
    // A match that begins before the cut is whole: the longest form fits behind its start.
    for (const { start, end } of this.#redact.matches(this.#held)) {
      if (start < cut && end > cut) cut = end;
    }
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

/** A sink that hands events on with the secrets taken out of all their texts. */
export function redacting(sink: EventSink, redact: Redactor): EventSink {
  return {
    handle: (event) => {
      sink.handle(redactDeep(event, redact) as RunEvent);
    },
    close: () => sink.close?.(),
  };
}
