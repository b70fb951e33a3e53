import { z } from 'zod';
import { scenarioError } from '../errors.js';
import type { Environment } from '../host/environment.js';
import { LONGEST, parseDuration } from '../language/quantities.js';
import { SETTINGS, written } from './settings-table.js';
import type { FlagName, Flags, Setting, Takes, Values, Written } from './settings-table.js';

/**
 * Every setting: what its flag says, else its variable, else its default.
 * @throws TapbootError `scenario` TAPBOOT_E_CONFIG_VALUE, naming the flag or the variable
 */
export const readSettings = (environment: Environment, flags: Flags): Values =>
  Object.fromEntries(
    Object.entries(SETTINGS).map(([name, setting]) => [
      name,
      read(setting, flags[name as FlagName], environment),
    ]),
  ) as Values;

function read(setting: Setting, given: string | boolean | undefined, environment: Environment) {
  if (typeof given === 'boolean') return given;
  const found = written(setting, environment, given);
  if (found !== undefined) return valueOf(setting.takes, found);
  return setting.takes.kind === 'switch' ? false : undefined;
}

function valueOf(takes: Takes, { source, text }: Written): unknown {
  if (takes.kind === 'text') return text;
  const { schema, expected, next } = readerOf(takes);
  const result = schema.safeParse(text.trim());
  if (result.success) return result.data;
  throw scenarioError('TAPBOOT_E_CONFIG_VALUE', `${source} has a value that cannot be used`, {
    expected,
    got: JSON.stringify(text),
    hint: next(source),
  });
}

/** How a value is read, and what is said of one that cannot be. */
interface Reader {
  schema: z.ZodType;
  expected: string;
  /** @param source how the user calls the setting */
  next: (source: string) => string;
}

const YES = ['1', 'true', 'yes', 'on'];
const NO = ['', '0', 'false', 'no', 'off'];

function readerOf(takes: Exclude<Takes, { kind: 'text' }>): Reader {
  switch (takes.kind) {
    case 'whole': {
      const { unit, least, most, or } = takes;
      const limit = most === undefined ? [] : [takes.limit ?? `at most ${String(most)}`];
      const number = z
        .string()
        .regex(/^\+?\d+$/)
        .transform(Number)
        .pipe(
          z
            .number()
            .min(least)
            .max(most ?? Number.MAX_SAFE_INTEGER),
        );
      const range = `${String(least)} ${most === undefined ? 'or more' : `to ${String(most)}`}`;
      const what = `a ${least === 0 ? 'whole number' : 'positive integer'} (${unit})`;
      return {
        schema: or === undefined ? number : number.or(z.literal(or)),
        expected: [what, ...limit, ...(or === undefined ? [] : [`or ${or}`])].join(', '),
        next: (source) =>
          `Set ${source} to a whole number of ${range}, or leave it out for the default.`,
      };
    }
    case 'words':
      return {
        schema: z.enum(takes.words),
        expected: `one of ${takes.words.join(', ')}`,
        next: (source) => `Choose ${takes.words.map((word) => `${source} ${word}`).join(' or ')}.`,
      };
    case 'duration':
      return {
        schema: z.string().transform(parseDuration).pipe(z.number()),
        expected: `a duration such as 90s, 10m or 1h, ${LONGEST}`,
        next: (source) => `Write ${source} 10m, for example.`,
      };
    case 'switch':
      return {
        schema: z.stringbool({ truthy: YES, falsy: NO }),
        expected: '1, true or yes (0, false, no or unset to leave it off)',
        next: (source) => `Set ${source}=1, or unset it.`,
      };
  }
}
