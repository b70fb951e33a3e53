import { z } from 'zod';
import { knownIssuesSchema } from './schema.js';

/** JSON Schema (draft 2020-12) of known-issues.yaml, for editors; ends in a newline. */
export function knownIssuesJsonSchema(): string {
  const generated = z.toJSONSchema(knownIssuesSchema, { target: 'draft-2020-12', io: 'input' });
  return `${JSON.stringify({ ...generated, title: 'known-issues.yaml' }, null, 2)}\n`;
}
