import { BETWEEN, plainOf } from './plain.js';

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
