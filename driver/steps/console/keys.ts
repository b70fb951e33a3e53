/** Keys behind a backslash. */
const ESCAPES: Record<string, string> = {
  r: '\r',
  n: '\n',
  t: '\t',
  e: '\x1b',
  '\\': '\\',
};

export type DecodedKeys = { ok: true; text: string } | { ok: false; unknown: string };

/**
 * Turns the notation of `send` into the characters that a terminal would send: `\r`,
 * `\n`, `\t`, `\e`, `\\`, `\xHH`; caret notation `^A` … `^Z`, `^[`, `^\`, `^]`, `^_`, `^?`
 * (Delete), `^@`, and `^^` for a caret itself. All else stands for itself.
 */
export function decodeKeys(written: string): DecodedKeys {
  let text = '';
  for (let index = 0; index < written.length; index += 1) {
    const character = written.charAt(index);
    const next = written.charAt(index + 1);
    if (character === '\\') {
      const hex = /^x([0-9A-Fa-f]{2})/.exec(written.slice(index + 1))?.[1];
      const decoded =
        hex === undefined ? ESCAPES[next] : String.fromCharCode(Number.parseInt(hex, 16));
      if (decoded === undefined) return { ok: false, unknown: `\\${next}` };
      text += decoded;
      index += hex === undefined ? 1 : 3;
    } else if (character === '^') {
      const decoded = controlCharacter(next);
      if (decoded === undefined) return { ok: false, unknown: `^${next}` };
      text += decoded;
      index += 1;
    } else {
      text += character;
    }
  }
  return { ok: true, text };
}

/** A terminal sends the letter's code with the upper bits taken off. */
function controlCharacter(key: string): string | undefined {
  if (key === '^') return '^';
  if (key === '?') return '\x7f';
  if (!/^[@A-Za-z[\\\]_]$/.test(key)) return undefined;
  return String.fromCharCode(key.toUpperCase().charCodeAt(0) & 0x1f);
}
