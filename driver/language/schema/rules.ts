/**
 * Rules about which keys stand together. Each is checked by zod and written into the
 * JSON Schema from one place, so that the two cannot part.
 */
import { z } from 'zod';
import { listOf } from '../yaml/show.js';

/** What a rule's issue carries, for the message. */
export type RuleParams =
  | { rule: 'one-of'; noun: string; keys: string[]; present: string[] }
  | { rule: 'some-of'; keys: string[] }
  | { rule: 'twice'; key: string; inner: string }
  | { rule: 'not-with'; key: string; other: string; why: string }
  | { rule: 'gap'; missing: string; before: string };

type Mapping = Record<string, unknown>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const issue = (params: RuleParams, path: (string | number)[] = []) => ({
  code: 'custom' as const,
  path,
  params,
});

/** Exactly one of `keys`. */
export function exactlyOne<T extends z.ZodObject>(schema: T, noun: string, keys: string[]): T {
  return schema
    .superRefine((value, context) => {
      const present = keys.filter((key) => key in value);
      if (present.length !== 1) context.addIssue(issue({ rule: 'one-of', noun, keys, present }));
    })
    .meta({ oneOf: keys.map((key) => ({ required: [key] })) });
}

/** At least one key. */
export function notEmpty<T extends z.ZodObject>(schema: T): T {
  const keys = Object.keys(schema.shape);
  return schema
    .superRefine((value, context) => {
      if (Object.keys(value).length === 0) context.addIssue(issue({ rule: 'some-of', keys }));
    })
    .meta({ minProperties: 1 });
}

/** `key` may stand in the step or inside its `inner` mapping, not in both. */
export function notTwice<T extends z.ZodObject>(schema: T, inner: string, keys: string[]): T {
  return schema
    .superRefine((value, context) => {
      const body: unknown = (value as Mapping)[inner];
      for (const key of keys) {
        if (key in value && isMapping(body) && key in body) {
          context.addIssue(issue({ rule: 'twice', key, inner }, [inner, key]));
        }
      }
    })
    .meta({
      allOf: keys.map((key) => ({
        not: {
          required: [key, inner],
          properties: { [inner]: { type: 'object', required: [key] } },
        },
      })),
    });
}

/** JSON Schemas of the forms of a `byKey` schema, read by `toJsonSchema`. */
export const formsOf = new WeakMap<object, z.ZodType[]>();

/**
 * A mapping whose form is chosen by the one key of `forms` that it has. Unlike a plain
 * union this knows which form was meant, and so can say what is wrong with it.
 *
 * @param noun what the mapping is, for messages, e.g. `a step`
 * @param weak a key of `forms` that is also an option of the others: it counts alone only
 */
export function byKey<F extends Record<string, z.ZodObject>>(
  noun: string,
  forms: F,
  weak?: string,
): z.ZodType<z.infer<F[keyof F]>> {
  const keys = Object.keys(forms);
  const schema = z.unknown().superRefine((value, context) => {
    if (!isMapping(value)) {
      const expected = `${noun}: a mapping with one of ${listOf(keys)}`;
      context.addIssue({ code: 'custom', message: expected });
      return;
    }
    const strong = keys.filter((key) => key !== weak && Object.hasOwn(value, key));
    const present =
      strong.length === 0 && weak !== undefined && Object.hasOwn(value, weak) ? [weak] : strong;
    const form = forms[present[0] ?? ''];
    if (present.length !== 1 || form === undefined) {
      context.addIssue(issue({ rule: 'one-of', noun, keys, present }));
      return;
    }
    const result = form.safeParse(value);
    if (result.success) return;
    for (const found of result.error.issues) {
      context.issues.push({ ...found, input: value } as (typeof context.issues)[number]);
    }
  });
  formsOf.set(schema, Object.values(forms));
  return schema as unknown as z.ZodType<z.infer<F[keyof F]>>;
}
