import { z } from 'zod';
import type { TextPattern } from '../../language/expectation.js';
import { commonKeys } from '../../language/schema/common.js';
import { explained, oneOrMany, text } from '../../language/schema/leaves.js';
import { notEmpty } from '../../language/schema/rules.js';
import type { StepBase } from '../../language/step-base.js';
import type { SourceLocation } from '../../location.js';
import { itemPath, listed } from '../expectation-schema.js';
import { defineKind } from '../kind.js';

export type ConsoleExchange =
  /** Characters to type, control keys already decoded; nothing is added. */
  | { do: 'send'; text: string; at: SourceLocation }
  /** Must appear after what the exchange before it saw. */
  | { do: 'expect'; look: TextPattern; at: SourceLocation };

/** What is typed, and what must then be seen, on the serial console, in order. */
export interface ConsoleStep extends StepBase {
  kind: 'console';
  exchanges: ConsoleExchange[];
}

const exchange = notEmpty(
  z.strictObject({
    send: explained(
      text('a text to type'),
      'Characters to type; nothing is added. \\r is Enter, ^C Control-C, ^^ a caret, \\\\ a backslash.',
      'root\\r',
      '^C',
    ).optional(),
    expect: explained(
      oneOrMany(text('a text or a /regular expression/')),
      'Text or /regular expression/ that must then appear; with a list, one after the other.',
      'login:',
      '/[#$] $/',
    ).optional(),
  }),
);

/** `console`: type on the serial console, and see. */
export const kind = defineKind({
  schema: explained(
    z.strictObject({
      console: explained(
        oneOrMany(exchange),
        'One exchange, or a list of them: what to send, then what must appear.',
        [{ send: '\\r', expect: 'login:' }, { send: 'root\\r' }],
      ),
      ...commonKeys,
    }),
    'Types on the serial console and waits for what must appear there.',
    { console: [{ send: '\\r', expect: 'login:' }] },
  ),
  summary: (written) => {
    const [first] = listed(written.console);
    return first?.send ?? listed(first?.expect)[0] ?? '';
  },
  build: (written, base, reader): ConsoleStep => {
    const exchanges = listed(written.console).flatMap((item, index): ConsoleExchange[] => {
      const path = itemPath(['console'], written.console, index);
      const sent: ConsoleExchange[] = [];
      if (item.send !== undefined) {
        const place = [...path, 'send'];
        const keys = decodeKeys(item.send);
        if (keys.ok) sent.push({ do: 'send', text: keys.text, at: reader.at(place) });
        else {
          reader.wrong(place, 'TAPBOOT_E_CONSOLE_KEYS', `'${keys.unknown}' is not a key`, {
            expected: '\\r \\n \\t \\e \\\\ \\xHH, ^A to ^Z, ^[ ^\\ ^] ^_ ^? or ^^ for a caret',
            got: `'${keys.unknown}'`,
          });
        }
      }
      const seen = listed(item.expect).map((look, position): ConsoleExchange => {
        const place = itemPath([...path, 'expect'], item.expect, position);
        return { do: 'expect', look: reader.look(place, look), at: reader.at(place) };
      });
      return [...sent, ...seen];
    });
    return { ...base, kind: 'console', channel: 'console', exchanges };
  },
});

/** Keys behind a backslash. */
const ESCAPES: Record<string, string> = { r: '\r', n: '\n', t: '\t', e: '\x1b', '\\': '\\' };

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
