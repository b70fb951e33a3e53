import { z } from 'zod';
import { formsOf } from './rules.js';

/** A JSON Schema as plain data. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** JSON Schema of any of our schemas, `byKey` ones included. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      const forms = formsOf.get(zodSchema) ?? formsOf.get(unmeta(zodSchema));
      if (forms === undefined) return;
      jsonSchema.anyOf = forms.map((form) => {
        const inner = toJsonSchema(form);
        delete inner.$schema;
        return inner;
      });
    },
  });
}

/** `.meta()` makes a copy of a schema that knows its original as `parent`. */
function unmeta(schema: z.core.$ZodType): object {
  return schema._zod.parent ?? schema;
}
