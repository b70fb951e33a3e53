/**
 * What may stand between two characters of a value and is no part of it: line breaks, where a
 * terminal or a tool wrapped it; escape sequences and control characters, which reports leave
 * out; what frames the lines of an output in base64 on the console (console-script.ts).
 */
export const BETWEEN =
  /:\.\r?\n@tb\w+:[\w.]+:[oe]:\d+:|\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|\u001b[ -/]*[0-~]|[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
/** The same, with the blank that a line editor writes before it goes on in the next line. */
export const BETWEEN_WRAPPED = new RegExp(` (?=\\r|\\n)|${BETWEEN.source}`, 'g');
/** A text without what stands in between, and where its stretches came from. */
export interface Plain {
  text: string;
  /** Start of each stretch: in the plain text, and in the original. */
  stretches: { plain: number; original: number }[];
}

export function plainOf(original: string, between: RegExp): Plain {
  let text = '';
  let from = 0;
  const stretches: Plain['stretches'] = [];
  const take = (to: number): void => {
    if (to === from) return;
    stretches.push({ plain: text.length, original: from });
    text += original.slice(from, to);
  };
  for (const match of original.matchAll(between)) {
    take(match.index);
    from = match.index + match[0].length;
  }
  take(original.length);
  return { text, stretches };
}

/** Where a character of the plain text stands in the original. */
export function originalAt({ stretches }: Plain, index: number): number {
  let [low, high] = [0, stretches.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((stretches[middle]?.plain ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  const stretch = stretches[low] ?? { plain: 0, original: 0 };
  return stretch.original + index - stretch.plain;
}
