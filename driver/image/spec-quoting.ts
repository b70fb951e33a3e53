import { scenarioError } from '../errors.js';

/** An optional `key=`, then a quoted value; or anything up to the next comma. */
const PART =
  /^(?:[A-Za-z][\w-]*=)?(?:"(?:[^"\\]|\\[^])*"|'[^']*')|^(?!(?:[A-Za-z][\w-]*=)?["'])[^,]*/;

/**
 * Cuts at the commas that stand outside quotes. The quotes stay, for `unquote`: only a quote at
 * the start of a part or right after its `=` opens one, so that an apostrophe in a path is plain.
 *
 * @param whole the whole SPEC, for the message
 * @throws TapbootError `scenario` when a quote is not closed
 */
export function splitSpec(text: string, whole: string): string[] {
  if (text === '') return [];
  const parts: string[] = [];
  let rest = text;
  for (;;) {
    const part = PART.exec(rest);
    const after = part === null ? undefined : rest.slice(part[0].length);
    if (part === null || (after !== '' && !after?.startsWith(','))) {
      throw scenarioError('TAPBOOT_E_IMAGE_SPEC', 'the image SPEC has a quote out of place', {
        expected: 'a quoted value that ends where the option ends: append="a,b",boot=direct',
        got: whole,
      });
    }
    parts.push(part[0]);
    if (after === '') return parts;
    rest = after.slice(1);
  }
}

/** Takes the quotes off; within double quotes, `\"` and `\\` stand for the character. */
export function unquote(value: string): string {
  if (value.length >= 2 && value.startsWith('"') && value.endsWith('"')) {
    return value.slice(1, -1).replace(/\\([\\"])/g, '$1');
  }
  if (value.length >= 2 && value.startsWith("'") && value.endsWith("'")) return value.slice(1, -1);
  return value;
}
