/** What steers a terminal: escape sequences of ECMA-48 (CSI, OSC, strings, others). */
const ESCAPES =
  '\\u001b\\[[0-?]*[ -/]*[@-~]|\\u001b\\][^\\u0007\\u001b\\n]*(?:\\u0007|\\u001b\\\\)?|\\u001b[PX^_][^\\u001b\\n]*(?:\\u001b\\\\)?|\\u001b[ -/]*[0-~]';
/** C0 and C1 but tab and newline, and the marks that reorder text on a screen. */
const CONTROLS =
  '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]';

/** Runs of carriage returns are taken whole: one by one they would cost the square of their number. */
const SPECIAL = new RegExp(`\\r+\\n?|${ESCAPES}|${CONTROLS}`, 'g');

/**
 * Text from a guest made safe to print: no escape sequences, no control characters but
 * tab and newline, `\r\n` as `\n`. A guest must not be able to steer the terminal, or to
 * forge a line of a report.
 */
export function plainText(text: string): string {
  return text.replace(SPECIAL, (found) => (found.endsWith('\n') ? '\n' : ''));
}

/** The same on one line: line breaks (Unicode's too) and tabs become spaces. */
export function plainLine(text: string): string {
  return plainText(text)
    .replace(/[\s\u0085\u2028\u2029]+/g, ' ')
    .trim();
}

/** The colours of paint.ts: whoever else uses them can do no more than colour. */
const COLOUR = /^\u001b\[(?:1|2|22|31|32|33|39)m$/;

/**
 * What CI services take for commands wherever it stands in their log: `::name::` at the beginning
 * of a line (GitHub; behind colours it may yet be one), `##[name]` anywhere (GitHub, Azure), `##vso[…]`, `##teamcity[…]`.
 */
const COMMANDS =
  /^(?:[^\S\n]|\u001b\[\d+m)*::(?=[a-z][^\n]*::)|##(?=(?:vso|teamcity)?\[[a-z.-]{0,40}[a-z]{2}[a-z.-]{0,40}[\s\]])/gim;

/** By code; what is replaced in masses is looked up. */
const SEEN: string[] = [];

function visible(character: string): string {
  const code = character.charCodeAt(0);
  return (SEEN[code] ??= `\\u${code.toString(16).padStart(4, '0')}`);
}

/**
 * Text as it may leave for a terminal or a CI service's log, whoever wrote it: escape sequences
 * are gone, other control characters and the beginnings of CI commands are written as `\u009b`.
 * Nothing changes in JSON, where those are escapes already, or become ones.
 * @param colours leave the colours that our own reports use
 */
export function printable(text: string, { colours = false } = {}): string {
  return text
    .replace(SPECIAL, (found) => {
      if (found.endsWith('\n')) return '\n';
      if (found.length > 1 && found.startsWith('\u001b')) {
        return colours && COLOUR.test(found) ? found : '';
      }
      return found.length === 1 ? visible(found) : Array.from(found, visible).join('');
    })
    .replace(COMMANDS, (found) => `${found.slice(0, -1)}${visible(found.slice(-1))}`);
}

/**
 * A stream that strings leave clean: {@link printable}. Bytes pass as they are: a guest's own
 * terminal, a command's output, and what our reports draw.
 */
export function cleanStream<T extends NodeJS.WritableStream>(stream: T): T {
  const write = (chunk: unknown, ...rest: unknown[]): boolean =>
    (stream.write as (...all: unknown[]) => boolean).call(
      stream,
      typeof chunk === 'string' ? printable(chunk) : chunk,
      ...rest,
    );
  return new Proxy(stream, {
    get: (target, key) => {
      if (key === 'write') return write;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
