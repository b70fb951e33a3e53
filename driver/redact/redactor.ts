import { scenarioError } from '../errors.js';
import { allForms, isTooShort, MIN_SECRET_LENGTH, visible } from './forms.js';
import { Prefixes, Suffixes } from './prefixes.js';
import { BETWEEN, BETWEEN_WRAPPED, originalAt, plainOf } from './plain.js';

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
