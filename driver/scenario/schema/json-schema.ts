import { toJsonSchema, type JsonSchema } from '../../language/schema/json-schema.js';
import { planFile } from './plan.js';
import { scenarioFile } from './scenario.js';

/** JSON Schema (draft 2020-12) of scenario files, from the schema that the loader checks by. */
export const scenarioJsonSchema = (): JsonSchema => toJsonSchema(scenarioFile);

/** JSON Schema (draft 2020-12) of plan files. */
export const planJsonSchema = (): JsonSchema => toJsonSchema(planFile);
