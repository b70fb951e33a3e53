import { shellQuote } from '../quote.js';

/** Words as they are typed into a POSIX shell; quoted only where it has to be. */
export const shellWords = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellQuote(word))).join(' ');
