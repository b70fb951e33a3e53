import { scenarioError } from '../errors.js';
import { stepSchemas, type WrittenKind } from '../steps/schemas.js';
import { suggestion } from '../language/problem.js';
import { planJsonSchema, scenarioJsonSchema } from './schema/json-schema.js';
import { toJsonSchema, type JsonSchema } from '../language/schema/json-schema.js';

/** One key of a step, as the schema describes it. */
export interface KeyExplanation {
  /** Way to the key from the step: `wait.unit`; `[]` stands for a list's item. */
  path: string;
  /** In every form of the step. */
  required: boolean;
  description: string;
  examples: unknown[];
  /** What a value may be. */
  schema: JsonSchema;
}

/** All that the schema says about a kind of step. */
export interface StepExplanation {
  kind: WrittenKind;
  description: string;
  /** Whole steps. */
  examples: unknown[];
  /** Outer keys before inner ones. */
  keys: KeyExplanation[];
}

/** The names of all step kinds. */
export const stepKinds = Object.keys(stepSchemas) as WrittenKind[];

/**
 * Explains a kind of step from the schema that the loader checks by.
 *
 * @throws TapbootError `TAPBOOT_E_STEP_KIND_UNKNOWN`, with the nearest kind
 */
export function explainStep(kind: string): StepExplanation {
  const known = stepKinds.find((name) => name === kind);
  if (known === undefined) {
    throw scenarioError('TAPBOOT_E_STEP_KIND_UNKNOWN', `there is no step kind '${kind}'`, {
      expected: `one of ${stepKinds.join(', ')}`,
      got: kind,
      hint: suggestion(kind, stepKinds),
    });
  }
  const schema = toJsonSchema(stepSchemas[known]);
  return {
    kind: known,
    description: schema.description ?? '',
    examples: schema.examples ?? [],
    keys: unique(keysOf(schema, '')),
  };
}

/**
 * Explains the keys of a file, without those of its steps.
 *
 * @param language `scenario` or `plan`
 */
export function explainFile(language: 'scenario' | 'plan'): KeyExplanation[] {
  const schema = language === 'scenario' ? scenarioJsonSchema() : planJsonSchema();
  return unique(keysOf(schema, '')).filter(({ path }) => !/^(steps\[\]|sections)\./.test(path));
}

/** Keys of a schema and of all its alternatives, depth first. */
export function keysOf(schema: JsonSchema, prefix: string): KeyExplanation[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const inner = value as JsonSchema;
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const explanation = {
      path,
      required: schema.required?.includes(key) ?? false,
      description: inner.description ?? '',
      examples: inner.examples ?? [],
      schema: inner,
    };
    return [explanation, ...keysOf(inner, path)];
  });
  const alternatives = (schema.anyOf ?? []).flatMap((branch) => keysOf(branch, prefix));
  const { items } = schema;
  const listed =
    typeof items === 'object' && !Array.isArray(items) ? keysOf(items, `${prefix}[]`) : [];
  return [...own, ...alternatives, ...listed];
}

/** Alternatives share keys: each is explained once. */
function unique(keys: KeyExplanation[]): KeyExplanation[] {
  const seen = new Set<string>();
  return keys.filter(({ path }) => {
    // Twenty-six disks are explained once.
    const shape = path.replace(/\bvd[a-z]\b/, 'vda').replace('[]', '');
    if (seen.has(shape)) return false;
    seen.add(shape);
    return true;
  });
}
