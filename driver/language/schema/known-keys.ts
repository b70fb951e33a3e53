import type { z } from 'zod';
import type { YamlPath } from '../yaml/path.js';
import { toJsonSchema, type JsonSchema } from './json-schema.js';

/**
 * The keys that may stand in the mapping at `path` of `value`, read from the JSON Schema:
 * of alternatives, those of the one that has the most keys in common with the value.
 */
export function knownKeys(schema: z.ZodType, path: YamlPath, value: unknown): string[] {
  let places: { schema: JsonSchema; value: unknown }[] = [{ schema: toJsonSchema(schema), value }];
  for (const part of path) {
    places = places
      .flatMap((place) => closest(expand(place.schema), place.value))
      .flatMap((found) => below(found.schema, found.value, part));
  }
  const mappings = places.flatMap((place) => closest(expand(place.schema), place.value));
  return [...new Set(mappings.flatMap((found) => Object.keys(found.schema.properties ?? {})))];
}

/** A schema and its alternatives, as one flat list of those that are mappings or lists. */
function expand(schema: JsonSchema): JsonSchema[] {
  const alternatives = (schema.anyOf ?? []).flatMap((branch) => expand(branch));
  return [...(schema.type === undefined ? [] : [schema]), ...alternatives];
}

function closest(schemas: JsonSchema[], value: unknown) {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const shared = (schema: JsonSchema): number => {
    const own = schema.properties ?? {};
    const required = (schema.required ?? []).filter((key) => keys.includes(key)).length;
    return keys.filter((key) => key in own).length + required;
  };
  const most = Math.max(0, ...schemas.map(shared));
  return schemas.filter((schema) => shared(schema) === most).map((schema) => ({ schema, value }));
}

function below(schema: JsonSchema, value: unknown, part: string | number) {
  const next =
    typeof part === 'number'
      ? schema.items
      : (schema.properties?.[part] ?? schema.additionalProperties);
  if (next === undefined || typeof next === 'boolean' || Array.isArray(next)) return [];
  const inner =
    typeof value === 'object' && value !== null
      ? (value as Record<string | number, unknown>)[part]
      : undefined;
  return [{ schema: next, value: inner }];
}
