/** Colours by meaning. Each keeps the text as it is when colour is off. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  dim(text: string): string;
  strong(text: string): string;
}

/**
 * The colours of the terminal reporter (SGR codes of ECMA-48). Whether to use them is
 * the caller's knowledge; nothing is read from the environment here.
 */
export function paint(color: boolean): Paint {
  const sgr =
    (open: number, close: number) =>
    (text: string): string =>
      color && text !== '' ? `\u001b[${String(open)}m${text}\u001b[${String(close)}m` : text;
  return {
    good: sgr(32, 39),
    bad: sgr(31, 39),
    warn: sgr(33, 39),
    dim: sgr(2, 22),
    strong: sgr(1, 22),
  };
}
