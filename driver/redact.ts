import type { TapbootError } from './errors.js';
import { type ErrorDetails, scenarioError } from './errors.js';
import type { EventSink, RunEvent } from './events/events.js';

/** What is printed in a secret's place. */
export const REDACTION = '[redacted]';

/** Replaces secrets in a text. */
export interface Redactor {
  (text: string): string;
  /** How much of a text that goes on can be redacted now: behind it a secret may have begun. */
  settled(text: string): number;
}

/** What a stream that is no text holds back at most, in characters. */
const MOST_HELD = 65_536;

/** An escape sequence that has not ended; longer ones are none. */
const UNFINISHED =
  /\u001b(?:\[[0-?]{0,64}[ -/]{0,8}|\][^\u0007\u001b]{0,1024}|[PX^_][^\u001b]{0,1024}|[ -/]{0,8})$/;

interface Interval {
  start: number;
  end: number;
}

/** Where a text was cut, by this character: what is left of a value there is found, too. */
const CUT = '…';

/** What is looked for, ready to be. */
interface Sought {
  forms: readonly string[];
  prefixes: Prefixes;
  suffixes: Suffixes;
}

function occurrences(text: string, { forms, prefixes, suffixes }: Sought): Interval[] {
  const found: Interval[] = [];
  for (const form of forms) {
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
      found.push({ start: at, end: at + form.length });
    }
  }
  for (let cut = text.indexOf(CUT); cut >= 0; cut = text.indexOf(CUT, cut + 1)) {
    const behind = cut + CUT.length;
    const head = prefixes.before(text, cut, MIN_SECRET_LENGTH);
    const tail = suffixes.from(text, behind, MIN_SECRET_LENGTH);
    if (head > 0) found.push({ start: cut - head, end: cut });
    if (tail > 0) found.push({ start: behind, end: behind + tail });
  }
  return found;
}

/** Overlapping ones as one, in order. */
function merged(intervals: Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const { start, end } of intervals.sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}

/**
 * Makes a function that replaces secret values by `[redacted]`, wherever they stand and
 * even when line breaks or escape sequences got into them. What it cannot see: a value cut
 * short without a `…`, hashed, compressed, or printed with other characters between.
 * @param values empty ones are passed over
 * @throws TapbootError `scenario` TAPBOOT_E_SECRET_TOO_SHORT below 4 characters
 */
export function redactor(values: readonly string[]): Redactor {
  const secrets = [...new Set(values)].filter((value) => value !== '');
  const short = secrets.find(isTooShort);
  if (short !== undefined) {
    throw scenarioError('TAPBOOT_E_SECRET_TOO_SHORT', 'a value is too short to be redacted', {
      expected: `at least ${String(MIN_SECRET_LENGTH)} characters`,
      got: `${String(visible(short).length)} characters`,
      hint: 'Use a longer value, or take its name off the `redact` list.',
    });
  }
  const forms = allForms(secrets);
  if (forms.length === 0) {
    return Object.assign((text: string) => text, { settled: (text: string) => text.length });
  }
  const sought = { forms, prefixes: new Prefixes(forms), suffixes: new Suffixes(forms) };
  const find = (text: string): Interval[] =>
    merged(
      [BETWEEN, BETWEEN_WRAPPED].flatMap((between) => {
        const plain = plainOf(text, between);
        return occurrences(plain.text, sought).map(({ start, end }) => ({
          start: originalAt(plain, start),
          end: originalAt(plain, end - 1) + 1,
        }));
      }),
    );
  return Object.assign((text: string) => replaced(text, find(text)), {
    settled: (text: string) => settled(text, sought, find),
  });
}

function replaced(text: string, found: readonly Interval[]): string {
  let [out, from] = ['', 0];
  for (const { start, end } of found) {
    out += text.slice(from, start) + REDACTION;
    from = end;
  }
  return out + text.slice(from);
}

function settled(text: string, { prefixes }: Sought, find: (text: string) => Interval[]): number {
  const end = UNFINISHED.exec(text)?.index ?? text.length;
  // A blank at the end may turn out to be the one before a break.
  const ends = [text.slice(0, end), text.slice(0, end).replace(/ $/, '')];
  let cut = end;
  for (const between of [BETWEEN, BETWEEN_WRAPPED]) {
    for (const part of ends) {
      const plain = plainOf(part, between);
      const begun = prefixes.before(plain.text, plain.text.length, 1);
      if (begun > 0) cut = Math.min(cut, originalAt(plain, plain.text.length - begun));
    }
  }
  // What was found across the cut may still become part of a longer one.
  for (const { start, end: to } of find(text.slice(0, end)).reverse()) {
    if (start < cut && to > cut) cut = start;
  }
  return text.length - cut > MOST_HELD ? text.length : cut;
}

/** Shorter values occur by chance everywhere; replacing them would wreck every output. */
export const MIN_SECRET_LENGTH = 4;

export const visible = (value: string): string => plainOf(value.trim(), BETWEEN).text;

/** True for a value that cannot be redacted; line breaks and blanks around it do not count. */
export const isTooShort = (value: string): boolean =>
  value !== '' && visible(value).length < MIN_SECRET_LENGTH;

/**
 * What base64 makes of a value whatever stands before and behind it: a text for each of three
 * offsets, without the digits that also depend on the neighbours.
 */
function withinBase64(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64url');
    const whole = encoded.slice(
      Math.ceil((offset * 8) / 6),
      Math.floor(((offset + bytes.length) * 8) / 6),
    );
    return [whole, whole.replaceAll('-', '+').replaceAll('_', '/')];
  });
}

/** On its own, with padding and without, in both alphabets. */
function base64Of(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64');
  return [base64, base64.replace(/=+$/, ''), Buffer.from(value).toString('base64url')];
}

/** `&` first: it is in the others. */
const XML = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
] as const;

/** The forms in which a value is looked for, beside its own. */
function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const forms = [
    value,
    // In JSON and YAML strings, and in JSON within JSON; in single-quoted shell words, with
    // backslashes, in URLs, in XML and HTML.
    json,
    JSON.stringify(json).slice(1, -1),
    value.replaceAll("'", `'\\''`),
    value.replace(/[^A-Za-z0-9_@%+=:,./-]/g, '\\$&'),
    encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\ufffd')),
    XML.reduce((text, [from, to]) => text.replaceAll(from, to), value),
    ...base64Of(value),
  ];
  // A few digits of base64 are found everywhere.
  const long = withinBase64(value).filter((form) => form.length >= 2 * MIN_SECRET_LENGTH);
  return [...forms, ...long];
}

/** All forms of all values, as they look in a plain text; the longest first. */
export function allForms(values: readonly string[]): string[] {
  const forms = values.flatMap((value) => [
    ...[value, value.trim()].flatMap(formsOf),
    // Keys and certificates come back indented, prefixed, or cut: line by line then.
    ...(/[\r\n]/.test(value) ? value.split(/[\r\n]+/).flatMap((line) => formsOf(line.trim())) : []),
  ]);
  const plain = forms.map((form) => plainOf(form, BETWEEN).text);
  return [...new Set(plain)]
    .filter((form) => form.length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length);
}

/**
 * What may stand between two characters of a value and is no part of it: line breaks, where a
 * terminal or a tool wrapped it; escape sequences and control characters, which reports leave
 * out; what frames the lines of an output in base64 on the console (console-script.ts).
 */
export const BETWEEN =
  /:\.\r?\n@tb\w+:[\w.]+:[oe]:\d+:|\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|\u001b[ -/]*[0-~]|[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
/** The same, with the blank that a line editor writes before it goes on in the next line. */
export const BETWEEN_WRAPPED = new RegExp(` (?=\\r|\\n)|${BETWEEN.source}`, 'g');
/** A text without what stands in between, and where its stretches came from. */
export interface Plain {
  text: string;
  /** Start of each stretch: in the plain text, and in the original. */
  stretches: { plain: number; original: number }[];
}

export function plainOf(original: string, between: RegExp): Plain {
  let text = '';
  let from = 0;
  const stretches: Plain['stretches'] = [];
  const take = (to: number): void => {
    if (to === from) return;
    stretches.push({ plain: text.length, original: from });
    text += original.slice(from, to);
  };
  for (const match of original.matchAll(between)) {
    take(match.index);
    from = match.index + match[0].length;
  }
  take(original.length);
  return { text, stretches };
}

/** Where a character of the plain text stands in the original. */
export function originalAt({ stretches }: Plain, index: number): number {
  let [low, high] = [0, stretches.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((stretches[middle]?.plain ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  const stretch = stretches[low] ?? { plain: 0, original: 0 };
  return stretch.original + index - stretch.plain;
}

/** As many characters as tell most forms apart. */
const KEY = 3;

/** Finds what a text ends in the middle of. */
export class Prefixes {
  readonly #forms: readonly string[];
  readonly #byKey = new Map<string, string[]>();
  readonly #longest: number;

  constructor(forms: readonly string[]) {
    this.#forms = forms;
    this.#longest = Math.max(0, ...forms.map((form) => form.length));
    for (const form of forms) {
      const key = form.slice(0, KEY);
      const known = this.#byKey.get(key);
      if (known === undefined) this.#byKey.set(key, [form]);
      else known.push(form);
    }
  }

  /**
   * How many characters before `end` are the beginning of a form, and not all of it.
   * @param least fewer do not count
   * @returns the greatest number, 0 for none
   */
  before(text: string, end: number, least: number): number {
    for (let start = Math.max(0, end - this.#longest + 1); start <= end - least; start++) {
      const rest = text.slice(start, end);
      const forms = rest.length < KEY ? this.#forms : (this.#byKey.get(rest.slice(0, KEY)) ?? []);
      if (forms.some((form) => form.length > rest.length && form.startsWith(rest))) {
        return rest.length;
      }
    }
    return 0;
  }
}

const reversed = (text: string): string => text.split('').reverse().join('');

/** The same for texts that begin in the middle of a form. */
export class Suffixes {
  readonly #prefixes: Prefixes;
  readonly #longest: number;

  constructor(forms: readonly string[]) {
    this.#prefixes = new Prefixes(forms.map(reversed));
    this.#longest = Math.max(0, ...forms.map((form) => form.length));
  }

  /** How many characters from `start` on are the end of a form, and not all of it. */
  from(text: string, start: number, least: number): number {
    const ahead = reversed(text.slice(start, start + this.#longest));
    // The end of what lies ahead is where `start` was: any stretch of it up to there counts.
    return this.#prefixes.before(ahead, ahead.length, least);
  }
}

/** The same error with all its texts as `redact` makes them. */
export function redactError(error: TapbootError, redact: (text: string) => string): TapbootError {
  const details: ErrorDetails = { ...error.details };
  for (const key of ['expected', 'got', 'hint', 'frame', 'output'] as const) {
    const text = details[key];
    if (text !== undefined) details[key] = redact(text);
  }
  return error.with(redact(error.message), details);
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
