import { z } from 'zod';
import { scenarioError } from '../errors.js';
import type { Environment } from '../host/environment.js';
import type { TextPattern } from '../language/expectation.js';
import { isSlashed, readPattern } from '../language/pattern.js';
import { LONGEST, parseDuration } from '../language/quantities.js';
import type { ShardNumber } from '../run/shard.js';
import { SETTINGS, written } from './settings-table.js';
import type { FlagName, Flags, Setting, Takes, Values, Written } from './settings-table.js';

/**
 * Every setting: what its flag says, else its variable, else its default.
 * @throws TapbootError `scenario` TAPBOOT_E_CONFIG_VALUE, naming the flag or the variable
 */
export const readSettings = (environment: Environment, flags: Flags): Values =>
  readSome(Object.keys(SETTINGS) as (keyof Values)[], environment, flags);

/**
 * The same of some settings, for commands that need no others: a variable of another one that
 * cannot be used is not theirs.
 */
export const readSome = <Name extends keyof Values>(
  names: readonly Name[],
  environment: Environment,
  flags: Flags,
): Pick<Values, Name> =>
  Object.fromEntries(
    names.map((name) => [name, read(SETTINGS[name], flags[name as FlagName], environment)]),
  ) as Pick<Values, Name>;

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
    got: [JSON.stringify(text), ...reasons(result.error)].join(': '),
    hint: next(source),
  });
}

/** What a reader of ours says of a text; zod's own words are said better by `expected`. */
const reasons = ({ issues }: z.ZodError): string[] =>
  issues.flatMap(({ code, message }) => (code === 'custom' && message !== '' ? [message] : []));

/** How a value is read, and what is said of one that cannot be. */
interface Reader {
  schema: z.ZodType;
  expected: string;
  /** @param source how the user calls the setting */
  next: (source: string) => string;
}

function look(written: string, context: z.RefinementCtx): TextPattern {
  if (!isSlashed(written)) return { text: written };
  const read = readPattern(written);
  if ('pattern' in read) return read;
  context.addIssue({ code: 'custom', message: read.why });
  return z.NEVER;
}

function shardNumber(written: string, context: z.RefinementCtx): ShardNumber {
  const [, index, total] = (/^(\d{1,4})\/(\d{1,4})$/.exec(written) ?? []).map(Number);
  if (index !== undefined && total !== undefined && index >= 1 && index <= total) {
    return { index, total };
  }
  context.addIssue({ code: 'custom' });
  return z.NEVER;
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
    case 'look':
      return {
        schema: z.string().transform(look),
        expected:
          'a text, or a regular expression such as /raid[01]/i with flags out of i, m, s, u',
        next: (source) => `Write ${source} raid, or ${source} '/^raid-.*lvm/'.`,
      };
    case 'shard':
      return {
        schema: z.string().transform(shardNumber),
        expected: 'N/M, part N of M: N from 1 to M, M at most 9999',
        next: (source) => `Write ${source} 1/3, ${source} 2/3 and ${source} 3/3 on three machines.`,
      };
    case 'factor': {
      const { least, most, or } = takes;
      const number = z
        .string()
        .regex(/^\d{1,3}(?:\.\d{1,3})?$/)
        .transform(Number)
        .pipe(z.number().min(least).max(most));
      return {
        schema: number.or(z.literal(or)),
        expected: `a number from ${String(least)} to ${String(most)}, or ${or}`,
        next: (source) => `Set ${source} to 2, for example, or leave it out for the default.`,
      };
    }
    case 'switch':
      return {
        schema: z.stringbool({ truthy: YES, falsy: NO }),
        expected: '1, true or yes (0, false, no or unset to leave it off)',
        next: (source) => `Set ${source}=1, or unset it.`,
      };
  }
}
