/**
 * The smallest pieces of the schemas. Each says in its `error` what it expects; that
 * phrase is the "expected" of the message. Where a value has a form of its own
 * (duration, number, keyword), a text with a `${variable}` in it is let through here and
 * checked once its value is known.
 */
import { z } from 'zod';
import { listOf } from '../yaml/show.js';
import { CPU, CPU_PATTERN, DURATION_PATTERN, SIZE_PATTERN } from '../quantities.js';
import { CONTROL_CHARACTERS } from '../control-characters.js';

/** A text that contains a variable. `[\s\S]` because `.` stops at line ends. */
const TEMPLATE_PATTERN = '[\\s\\S]*\\$\\{[\\s\\S]*';

const orTemplate = (pattern: string): RegExp => new RegExp(`^(?:${pattern}|${TEMPLATE_PATTERN})$`);

/** Nothing but a text with a variable in it. */
export const ONLY_TEMPLATE = new RegExp(`^${TEMPLATE_PATTERN}$`);

export const DURATION = 'a duration such as 420s, 2m or 500ms';
export const SIZE = 'a size such as 512M, 1.5G or 64KiB';

/** `Nehalem,+avx2`. */
export const cpu = z.string(CPU).regex(orTemplate(CPU_PATTERN), CPU);

/** `420s`. */
export const duration = z.string(DURATION).regex(orTemplate(DURATION_PATTERN), DURATION);

/** `512M`. */
export const size = z.string(SIZE).regex(orTemplate(SIZE_PATTERN), SIZE);

/** Any text but the empty one. */
export const text = (expected: string): z.ZodString => z.string(expected).min(1, expected);

const ONE_LINE = new RegExp(`^[^${CONTROL_CHARACTERS}]+$`);

/** One line of text, without control characters: it goes to terminals and into file names. */
export const line = (expected: string): z.ZodString => z.string(expected).regex(ONE_LINE, expected);

/** A path in the guest. */
export const guestPath = z
  .string('an absolute path in the guest')
  .regex(orTemplate('/[^\\r\\n]*'), 'an absolute path in the guest');

/** Small letters, digits, hyphens: safe as a file name, a tag, part of a function name. */
export const slug = (expected: string): z.ZodString =>
  z.string(expected).regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, expected);

/** Words of tag expressions (`--tag 'residue and not slow'`), which no tag can be. */
export const TAG_OPERATORS = ['and', 'or', 'not'] as const;

/** A tag. */
export const tag = (expected: string): z.ZodString =>
  z
    .string(expected)
    .regex(new RegExp(`^(?!(?:${TAG_OPERATORS.join('|')})$)[a-z0-9]+(?:-[a-z0-9]+)*$`), expected);

/** A whole number, or a variable in its place. */
export function integer(
  lowest: number,
  highest: number,
  noun = 'a whole number',
): z.ZodUnion<[z.ZodInt, z.ZodString]> {
  const expected = `${noun} from ${String(lowest)} to ${String(highest)}`;
  const number = z.int(expected).min(lowest, expected).max(highest, expected);
  return z.union([number, z.string().regex(ONLY_TEMPLATE, expected)], expected);
}

/** One of a few words, or a variable in its place. */
export function choice<const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodUnion<[z.ZodEnum<{ [K in T[number]]: K }>, z.ZodString]> {
  const expected = listOf(words);
  return z.union([z.enum(words, expected), z.string().regex(ONLY_TEMPLATE, expected)], expected);
}

/** A value, or a list of at least one. */
export function oneOrMany<T extends z.ZodType>(item: T): z.ZodUnion<[T, z.ZodArray<T>]> {
  return z.union([item, z.array(item).min(1, 'at least one item')]);
}

/** An ECMAScript regular expression, bare or as `/source/flags`. */
export const regex = text('a regular expression, e.g. ^STATE=applied$ or /failed/i');

/** Name of a disk of the machine. */
export const diskName = z
  .string('a disk name, vda to vdz')
  .regex(/^vd[a-z]$/, 'a disk name, vda to vdz');

/** Name of a variable; dots are kept for the built-in ones. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

const VARIABLE_VALUE = 'a text without ${…}, a number, true or false';

/** Value of a variable; text cannot refer to other variables. */
export const variableValue = z.union(
  [z.string().regex(/^(?![\s\S]*\$\{)/, VARIABLE_VALUE), z.number(), z.boolean()],
  VARIABLE_VALUE,
);

const MATRIX_VALUE =
  'one line of text without ${…} and control characters, a number, true or false';

/** Value of a matrix variable; it becomes a part of the scenario's id. */
export const matrixValue = z.union(
  [
    z.string().regex(new RegExp(`^(?!.*\\$\\{)[^${CONTROL_CHARACTERS}]*$`), MATRIX_VALUE),
    z.number(),
    z.boolean(),
  ],
  MATRIX_VALUE,
);

/** Says what a key means, with values that could stand there. */
export const explained = <T extends z.ZodType>(
  schema: T,
  description: string,
  ...examples: unknown[]
): T => schema.meta({ description, examples });
