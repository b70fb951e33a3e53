/**
 * What has no place in a name, as the inside of a character class: the control characters of
 * ASCII and Latin-1 (Unicode's category Cc) and Unicode's line and paragraph separators.
 */
export const CONTROL_CHARACTERS = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029';

const ONE = new RegExp(`[${CONTROL_CHARACTERS}]`);
const EACH = new RegExp(`[${CONTROL_CHARACTERS}]`, 'g');

/** The first control character of a text as messages call it, e.g. `U+001B`. */
export function controlCharacter(text: string): string | undefined {
  const found = ONE.exec(text)?.[0];
  return found === undefined ? undefined : `U+${hex(found).toUpperCase()}`;
}

/** The text with each control character written as `\u001b`. */
export const withoutControls = (text: string): string =>
  text.replace(EACH, (character) => `\\u${hex(character)}`);

const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(4, '0');
