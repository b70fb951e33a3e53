import { InvalidArgumentError } from 'commander';
import { LONGEST_MS } from '../language/quantities.js';

/** Collects the values of a repeatable option. */
export const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

/** Collects `name=value` pairs of a repeatable option; the last one of a name wins. */
export function collectVariable(
  value: string,
  earlier: Record<string, string> = {},
): Record<string, string> {
  const match = /^([A-Za-z_][\w.-]*)=(.*)$/s.exec(value);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new InvalidArgumentError('It has to be name=value.');
  }
  return { ...earlier, [match[1]]: match[2] };
}

/** A whole number of at least `minimum`, and at most `highest`. */
export const wholeNumber =
  (minimum: number, highest = Number.MAX_SAFE_INTEGER) =>
  (value: string): number => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= minimum && number <= highest) return number;
    const range =
      highest === Number.MAX_SAFE_INTEGER
        ? `of ${String(minimum)} or more`
        : `from ${String(minimum)} to ${String(highest)}`;
    throw new InvalidArgumentError(`It has to be a whole number ${range}.`);
  };

/** Minutes, at most 7 days. */
export const minutes = wholeNumber(1, LONGEST_MS / 60_000);

/** Megabytes (MiB), as long as their bytes are an exact number. */
export const megabytes = wholeNumber(0, Math.floor(Number.MAX_SAFE_INTEGER / 1024 ** 2));
