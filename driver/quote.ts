/**
 * A text as one word of a POSIX shell: within single quotes everything is literal but
 * the single quote itself.
 * @throws RangeError for a text with a NUL byte, which cannot stand in a script
 */
export function shellQuote(text: string): string {
  if (text.includes('\0')) throw new RangeError('a NUL byte cannot be quoted for a shell');
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A script that finds these as its arguments: `$1`, `$2`, … */
export const withArguments = (script: string, ...words: (string | number)[]): string =>
  `set -- ${words.map((word) => shellQuote(String(word))).join(' ')}\n${script}`;

/** A text that a regular expression takes literally. */
export const regExpQuote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
