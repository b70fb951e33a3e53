import { z } from 'zod';
import { explained, VARIABLE_NAME, variableValue } from './leaves.js';

const REFERENCE = 'a plan and its section as NAME/SECTION';

/** `NAME/SECTION`. */
export const planReference = z
  .string(REFERENCE)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*\/[a-z0-9]+(?:-[a-z0-9]+)*$/, REFERENCE);

/** Variables by name. */
export const variablesMap = z.record(
  z.string().regex(VARIABLE_NAME, 'a variable name of letters, digits, hyphens and underscores'),
  variableValue,
);

/** Values that a use of a plan gives to its variables; may refer to the scenario's. */
export const planVariables = explained(
  z.record(
    z.string().regex(VARIABLE_NAME, 'a variable name of letters, digits, hyphens and underscores'),
    z.union([z.string(), z.number(), z.boolean()], 'a text, a number, true or false'),
  ),
  'Values for the plan’s variables.',
  { marker: 'another-marker' },
);

/** Takes `NAME/SECTION` apart; the schema has checked its form. */
export function splitReference(reference: string): { plan: string; section: string } {
  const [plan = '', section = ''] = reference.split('/');
  return { plan, section };
}
