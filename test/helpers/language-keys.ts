/** Which keys the scenario language has, and which of them a file uses; both by the schema. */
import type { z } from 'zod';
import { stepSchemas } from '../../driver/steps/schemas.js';
import { commonKeys } from '../../driver/language/schema/common.js';
import { toJsonSchema, type JsonSchema } from '../../driver/language/schema/json-schema.js';
import { ONLY_TEMPLATE } from '../../driver/language/schema/leaves.js';
import { planFile } from '../../driver/scenario/schema/plan.js';
import { scenarioFile } from '../../driver/scenario/schema/scenario.js';

/**
 * A key, and where it can be written in several ways, one of them: `expect.exit`,
 * `expect.exit: nonzero`, `expect.exit (list)`.
 */
export interface Key {
  /** `scenario file`, `plan file`, `any step`, or a kind of step. */
  of: string;
  /** Way to the key: `[]` is an item of a list, `NAME` a key that may be any word. */
  path: string;
  /** A word that may stand there, or a type in parentheses; absent for the key itself. */
  form?: string;
}

type Mapping = Record<string, unknown>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The parts of the language, each with its schema. */
const PARTS: readonly (readonly [string, JsonSchema])[] = [
  ['scenario file', toJsonSchema(scenarioFile)],
  ['plan file', toJsonSchema(planFile)],
  ...Object.entries(stepSchemas).map(
    ([kind, form]) => [kind, toJsonSchema(form as z.ZodType)] as const,
  ),
];

const schemaOf = (part: string): JsonSchema => new Map(PARTS).get(part) ?? {};

/** Every key of the language, in the order of the schema. */
export function languageKeys(): Key[] {
  return unique(PARTS.flatMap(([part, schema]) => keysBelow(part, schema, '')));
}

/** The keys that a scenario file uses, without those of plans. */
export function keysOfScenario(scenario: Mapping): Key[] {
  const steps = scenario['steps'] as Mapping[];
  const words = wordsOf(scenario);
  return unique([
    ...usedBelow('scenario file', schemaOf('scenario file'), '', scenario, words),
    ...steps.flatMap((step) => {
      const kind = kindOf(step);
      return usedBelow(kind, schemaOf(kind), '', step, words);
    }),
  ]);
}

/** The keys that a plan file uses; of its sections, those that are named. */
export function keysOfPlan(plan: Mapping, sections: readonly string[]): Key[] {
  const all = plan['sections'] as Mapping;
  const used = Object.fromEntries(
    Object.entries(all).filter(([section]) => sections.includes(section)),
  );
  return unique(
    usedBelow('plan file', schemaOf('plan file'), '', { ...plan, sections: used }, new Map()),
  );
}

/** `plan` and `section` of every use of a plan in a scenario. */
export function plansOf(scenario: Mapping): { plan: string; section: string }[] {
  const steps = scenario['steps'] as Mapping[];
  return steps.flatMap((step) => {
    const disks = isMapping(step['disks']) ? step['disks']['resurrect'] : undefined;
    const use = isMapping(step['plan']) ? step['plan']['use'] : step['plan'];
    const names = [use, isMapping(disks) ? disks['plan'] : undefined];
    return names.flatMap((name) => {
      const [plan, section] = typeof name === 'string' ? name.split('/') : [];
      return plan === undefined || section === undefined ? [] : [{ plan, section }];
    });
  });
}

/** One line for a key: `run expect.exit: nonzero`. */
export const showKey = ({ of, path, form }: Key): string =>
  `${of} ${path}${form === undefined ? '' : form.startsWith('(') ? ` ${form}` : `: ${form}`}`;

function kindOf(step: Mapping): string {
  const kinds = Object.keys(stepSchemas).filter((kind) => kind !== 'checkpoint');
  return kinds.find((kind) => kind in step) ?? 'checkpoint';
}

/** Values by variable: what a `${name}` that stands alone can be. */
function wordsOf({ variables, matrix }: Mapping): Map<string, unknown[]> {
  const fixed = Object.entries((variables ?? {}) as Mapping);
  const many = Object.entries((matrix ?? {}) as Record<string, unknown[]>);
  return new Map([...fixed.map(([name, value]): [string, unknown[]] => [name, [value]]), ...many]);
}

/** What a key may hold: alternatives as one list, without texts that only hold a variable. */
function formsOf(schema: JsonSchema): JsonSchema[] {
  const alternatives = (schema.anyOf ?? []).flatMap((branch) => formsOf(branch));
  const own = schema.type === undefined && schema.const === undefined ? [] : [schema];
  return [...own, ...alternatives].filter(({ pattern }) => pattern !== ONLY_TEMPLATE.source);
}

/** The words of a form; none for one that is not made of words. */
function wordsIn({ enum: words, const: word }: JsonSchema): unknown[] {
  return words ?? (word === undefined ? [] : [word]);
}

const TYPES: Record<string, string> = {
  string: '(text)',
  integer: '(number)',
  number: '(number)',
  boolean: '(true or false)',
  array: '(list)',
  object: '(mapping)',
};

/** Keys below a place: `visit` for each, with the forms it has. */
function keysBelow(of: string, schema: JsonSchema, path: string): Key[] {
  return formsOf(schema).flatMap((form) =>
    childrenOf(of, form, path).flatMap(([child, below]) => [
      keyOf(of, child),
      ...namedForms(formsOf(below)).map(([name]) => ({ ...keyOf(of, child), form: name })),
      ...keysBelow(of, below, child),
    ]),
  );
}

/** The same for those that a value has. */
function usedBelow(
  of: string,
  schema: JsonSchema,
  path: string,
  written: unknown,
  words: Map<string, unknown[]>,
): Key[] {
  return meant(written, words).flatMap((value) =>
    formsOf(schema)
      .filter((form) => isOf(value, form))
      .flatMap((form) =>
        childrenOf(of, form, path).flatMap(([child, below, key]) =>
          valuesAt(value, key).flatMap((inner) => [
            keyOf(of, child),
            ...usedForms(formsOf(below), inner, words).map((name) => ({
              ...keyOf(of, child),
              form: name,
            })),
            ...usedBelow(of, below, child, inner, words),
          ]),
        ),
      ),
  );
}

/** Way, schema and name of all that may stand in a mapping or list; name `*` for any. */
function childrenOf(of: string, form: JsonSchema, path: string): [string, JsonSchema, string][] {
  const join = (key: string): string => (path === '' ? key : `${path}.${key}`);
  const own = Object.entries(form.properties ?? {})
    // The steps are parts of their own.
    .filter(([key]) => !(of === 'scenario file' && path === '' && key === 'steps'))
    .map(([key, below]): [string, JsonSchema, string] => [
      join(key.replace(/^vd[a-z]$/, 'vdX')),
      below as JsonSchema,
      key,
    ]);
  const { additionalProperties: any, items } = form;
  const free: [string, JsonSchema, string][] =
    typeof any === 'object' ? [[join('NAME'), any, '*']] : [];
  const listed: [string, JsonSchema, string][] =
    typeof items === 'object' && !Array.isArray(items) ? [[`${path}[]`, items, '*']] : [];
  return [...own, ...free, ...listed];
}

function valuesAt(value: unknown, key: string): unknown[] {
  if (Array.isArray(value)) return value;
  if (!isMapping(value)) return [];
  if (key === '*') return Object.values(value);
  return key in value ? [value[key]] : [];
}

/** Keys that every step may have are told once. */
function keyOf(kind: string, path: string): Key {
  const common = path in commonKeys && !['scenario file', 'plan file', 'checkpoint'].includes(kind);
  return { of: common ? 'any step' : kind, path };
}

/** Names of the forms, where there are several or they are words, each with its schema. */
function namedForms(forms: JsonSchema[]): [string, JsonSchema][] {
  const several = new Set(forms.map(({ type }) => type)).size > 1;
  return forms.flatMap((form): [string, JsonSchema][] => {
    const words = [...wordsIn(form)];
    if (form.type === 'boolean' && !several) words.push(true, false);
    if (words.length > 0) return words.map((word) => [String(word), { const: word } as JsonSchema]);
    const type = TYPES[String(form.type)];
    return several && type !== undefined ? [[type, form]] : [];
  });
}

const usedForms = (forms: JsonSchema[], written: unknown, words: Map<string, unknown[]>) =>
  meant(written, words).flatMap((value) =>
    namedForms(forms)
      .filter(([, form]) => isOf(value, form))
      .map(([name]) => name),
  );

/** A value, or what the variable in its place stands for. */
function meant(value: unknown, words: Map<string, unknown[]>): unknown[] {
  const name = typeof value === 'string' ? /^\$\{([^}]+)\}$/.exec(value)?.[1] : undefined;
  return (name === undefined ? undefined : words.get(name)) ?? [value];
}

/** Whether a value is of a form, as far as forms of one key differ. */
function isOf(value: unknown, { type, const: word, enum: words, pattern }: JsonSchema): boolean {
  if (word !== undefined) return value === word;
  if (words !== undefined) return (words as unknown[]).includes(value);
  if (type === 'object') return isMapping(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'string') {
    return typeof value === 'string' && (pattern === undefined || new RegExp(pattern).test(value));
  }
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

function unique(keys: Key[]): Key[] {
  return [...new Map(keys.map((key) => [showKey(key), key])).values()];
}
