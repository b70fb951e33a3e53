import { withoutControls } from '../control-characters.js';

/** Longest excerpt of a value in a message, in characters. */
const LONGEST = 60;

/** A value as a message shows it: type words for collections, the text for scalars. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') {
    const keys = Object.keys(value);
    return keys.length === 0 ? 'an empty mapping' : `a mapping with ${shorten(keys.join(', '))}`;
  }
  if (typeof value === 'string') return value === '' ? 'an empty text' : shorten(`'${value}'`);
  if (typeof value === 'number') return `the number ${String(value)}`;
  if (typeof value === 'boolean') return `the boolean ${String(value)}`;
  return typeof value;
}

/** One line of at most 60 characters, no control character in it; what was cut is marked by `…`. */
export function shorten(text: string, longest = LONGEST): string {
  const line = withoutControls(text.replace(/\s*\n\s*/g, ' ⏎ ').trim());
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

/** `a`, `a or b`, `a, b or c`. */
export function listOf(words: readonly string[], conjunction: 'or' | 'and' = 'or'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words[words.length - 1] ?? ''}`;
}
