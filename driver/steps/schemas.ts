import type { z } from 'zod';
import { byKey } from '../language/schema/rules.js';
import type { StepKindDefinition } from './kind.js';
import { planStep } from './plan/schema.js';
import { kinds } from './schemas.generated.js';
import type { Step } from './step.js';

/** A kind of step that becomes a step of its own; a `plan` step becomes those of its section. */
export type Kind = keyof typeof kinds;

/** The names of all step kinds as scenario files write them. */
export type WrittenKind = Kind | 'plan';

type Schemas = { [K in Kind]: (typeof kinds)[K]['schema'] } & { plan: typeof planStep };

/** The schema of each kind of step, by name. */
export const stepSchemas = Object.fromEntries(
  [
    ...Object.entries(kinds).map(([name, { schema }]) => [name, schema] as const),
    ['plan', planStep] as const,
  ].sort(([a], [b]) => (a < b ? -1 : 1)),
) as Schemas;

/** Any step. `checkpoint` is a kind only where no other kind's key stands beside it. */
export const anyStep = byKey('a step', stepSchemas, 'checkpoint');

export type WrittenStep = z.infer<typeof anyStep>;

/** The kind of a step that the schema has accepted. */
export function kindOf(written: WrittenStep): WrittenKind {
  const names = Object.keys(stepSchemas) as WrittenKind[];
  return names.find((name) => name !== 'checkpoint' && name in written) ?? 'checkpoint';
}

/**
 * The definition for a kind. The table's entries differ in the type of what is written;
 * the caller has it from `kindOf`, so that the two belong together.
 */
export const definitionOf = (kind: Kind): StepKindDefinition<z.ZodObject, Step> => kinds[kind];
