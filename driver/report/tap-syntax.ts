import { plainLine } from './plain-text.js';

/** A value of a YAML block. */
export type YamlValue = string | number | boolean | YamlValue[] | YamlMap;

/** A mapping of a YAML block; keys without a value are left out. */
export interface YamlMap {
  [key: string]: YamlValue | undefined;
}

/**
 * A test's description: one line, with `\` and `#` escaped, so that nothing in it can be
 * read as a directive (TAP 14, "Escaping").
 */
export function escapeDescription(text: string): string {
  return plainLine(text).replace(/[\\#]/g, '\\$&');
}

/**
 * The text of a directive or of `Bail out!`. There a `#` needs no escape, but consumers
 * differ in whether they unescape, so both characters are kept out of harm's way.
 */
export function directiveText(text: string): string {
  return escapeDescription(text);
}

const KEY = /^[a-z_][a-z0-9_]*$/i;

/**
 * Lines of a YAML block (without `---` and `...`) in the subset that every consumer
 * reads: block maps and lists, numbers, double-quoted strings, literal blocks for texts of
 * several lines. Perl's TAP::Parser brings its own small reader: no flow style, no
 * anchors, no block indicators other than `|`.
 */
export function yamlBlock(value: YamlMap): string[] {
  return mapLines(value, '');
}

function mapLines(map: YamlMap, indent: string): string[] {
  return Object.entries(map).flatMap(([key, value]) =>
    value === undefined
      ? []
      : entryLines(`${indent}${KEY.test(key) ? key : JSON.stringify(key)}:`, value, indent),
  );
}

function entryLines(head: string, value: YamlValue, indent: string): string[] {
  if (typeof value === 'string') return textLines(head, value, indent);
  if (typeof value !== 'object') return [`${head} ${String(value)}`];
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${head} []`];
    return [head, ...value.flatMap((item) => itemLines(item, inner))];
  }
  const lines = mapLines(value, inner);
  return lines.length === 0 ? [`${head} {}`] : [head, ...lines];
}

function itemLines(item: YamlValue, indent: string): string[] {
  if (typeof item === 'string') return [`${indent}- ${quotedItem(item)}`];
  if (typeof item !== 'object' || Array.isArray(item)) {
    return [`${indent}- ${typeof item === 'object' ? quoted(JSON.stringify(item)) : String(item)}`];
  }
  const [first, ...rest] = mapLines(item, `${indent}  `);
  return first === undefined ? [`${indent}- {}`] : [`${indent}- ${first.trimStart()}`, ...rest];
}

/** A literal block stands for a text that ends in a newline, exactly; others are quoted. */
function textLines(head: string, text: string, indent: string): string[] {
  const lines = text.replace(/\n$/, '').split('\n');
  if (lines.length < 2 || !text.endsWith('\n') || !fitsLiteral(lines)) {
    return [`${head} ${quoted(text)}`];
  }
  // Blank lines keep their indentation: Perl's reader ends the block at one without.
  return [`${head} |`, ...lines.map((line) => `${indent}  ${line}`)];
}

/**
 * A quoted string as an item of a list. Perl's reader takes `- "key: value"` for a map, so
 * such a colon is written as an escape.
 */
function quotedItem(text: string): string {
  return quoted(text).replace(/^(\S+\s*):(?=\s|$)/, '$1\\x3a');
}

/** Everything that YAML does not take as it is, or that a screen would obey. */

const SPECIAL =
  /[\u0000-\u001f\u007f-\u00a0\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g;

/**
 * Without an indentation indicator, which not every reader knows, the first line decides
 * the indentation: it must have text and no leading blank. What needs an escape is kept
 * exactly by the quoted form alone, and so is a blank last line.
 */
function fitsLiteral(lines: string[]): boolean {
  return (
    /^\S/.test(lines[0] ?? '') &&
    /\S/.test(lines.at(-1) ?? '') &&
    lines.every((line) => line.search(SPECIAL) < 0)
  );
}

/** Double-quoted. JSON's escapes are YAML's; what JSON leaves bare is escaped here too. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    SPECIAL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
