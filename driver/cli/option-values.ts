import { InvalidArgumentError } from 'commander';

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

/** A whole number of at least `minimum`. */
export const wholeNumber =
  (minimum: number) =>
  (value: string): number => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= minimum) return number;
    throw new InvalidArgumentError(`It has to be a whole number of ${String(minimum)} or more.`);
  };
