import { structuredPatch } from 'diff';

/** Lines of a diff that are shown; more would hide what they are meant to show. */
const MOST_LINES = 80;
/** Texts larger than this (characters, both together) are not compared line by line. */
const LARGEST = 400_000;

/**
 * What has to change in `expected` to become `got`, as a unified diff without file names:
 * `-` lines were expected, `+` lines are there. Undefined when the texts are the same or
 * too large to be worth it.
 */
export function differenceOf(expected: string, got: string): string | undefined {
  if (expected === got || expected.length + got.length > LARGEST) return undefined;
  const patch = structuredPatch('', '', ended(expected), ended(got), undefined, undefined, {
    context: 3,
    timeout: 1000,
  });
  // The library gives up, with undefined, when its time is over.
  if (patch === undefined) return undefined;
  const lines = patch.hunks.flatMap((hunk) => [
    ` -${String(hunk.oldStart)},${String(hunk.oldLines)} +${String(hunk.newStart)},${String(hunk.newLines)} `,
    ...hunk.lines,
  ]);
  const cut = lines.length - MOST_LINES;
  const shown = cut > 0 ? [...lines.slice(0, MOST_LINES), `… ${String(cut)} more lines`] : lines;
  return shown.join('\n');
}

/** With a newline at its end, which is never the difference that counts. */
const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
