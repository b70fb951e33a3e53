import { z } from 'zod';
import { ledgerLineSchema } from './ledger/ledger-schema.js';
import { sortKeys } from '../sort-keys.js';
import { metadataSchema } from './metadata-schema.js';

/**
 * JSON Schemas (draft 2020-12) of the files of the record, generated from the schemas
 * that every run checks its own files with. Keyed by their file name in docs/schemas/.
 */
export function recordJsonSchemas(): Record<string, string> {
  return {
    'metadata.schema.json': render(metadataSchema, 'metadata.json'),
    'ledger.schema.json': render(ledgerLineSchema, 'a line of vm-run-ledger.jsonl'),
  };
}

function render(schema: z.ZodType, title: string): string {
  const generated = z.toJSONSchema(schema, { target: 'draft-2020-12' });
  return `${JSON.stringify(sortKeys({ ...generated, title }), null, 2)}\n`;
}
