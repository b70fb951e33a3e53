import type { Pattern } from './expectation.js';

/** A pattern that was read, or which part of it cannot be used, and why. */
export type ReadPattern = { pattern: Pattern } | { wrong: 'flags' | 'source'; why: string };

/** Whether a text is written as `/source/flags`; where plain text may stand, any other is that. */
export const isSlashed = (written: string): boolean => /^\/[\s\S]+\/[a-z]*$/.test(written);

/** Reads a regular expression: `source` (then `^` and `$` are line ends) or `/source/flags`. */
export function readPattern(written: string): ReadPattern {
  const slashed = /^\/([\s\S]+)\/([a-z]*)$/.exec(written);
  const pattern =
    slashed === null
      ? { source: written, flags: 'm' }
      : { source: slashed[1] ?? '', flags: slashed[2] ?? '' };
  if (/[^imsu]/.test(pattern.flags)) {
    return { wrong: 'flags', why: 'flags out of i, m, s and u' };
  }
  try {
    new RegExp(pattern.source, pattern.flags);
    return { pattern };
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /, '') : String(error);
    return { wrong: 'source', why: why.toLowerCase() };
  }
}
