import type { JsonSchema } from '../../driver/language/schema/json-schema.js';
import { DURATION_PATTERN, SIZE_PATTERN } from '../../driver/language/quantities.js';

/** A value that is nothing but a variable is accepted nearly everywhere; the page says so once. */
const isVariable = ({ pattern }: JsonSchema): boolean => pattern === '^[\\s\\S]*\\$\\{[\\s\\S]*$';

/** What values a schema accepts, in a few words: `size`, `bios or uefi`, `list of texts`. */
export function typeWords(schema: JsonSchema): string {
  return [...new Set(alternatives(schema))].join(' or ');
}

function alternatives(schema: JsonSchema): string[] {
  const branches = schema.anyOf ?? schema.oneOf ?? [];
  if (branches.length > 0) {
    return branches.filter((branch) => !isVariable(branch)).flatMap(alternatives);
  }
  if (schema.const !== undefined) return [`\`${JSON.stringify(schema.const)}\``];
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``);
  return [plain(schema)];
}

function plain(schema: JsonSchema): string {
  switch (schema.type) {
    case 'string':
      return textWords(schema);
    case 'integer':
    case 'number':
      return `${schema.type === 'integer' ? 'whole number' : 'number'}${range(schema)}`;
    case 'boolean':
      return '`true` or `false`';
    case 'array': {
      const { items } = schema;
      const item = typeof items === 'object' && !Array.isArray(items) ? typeWords(items) : '';
      return item === '' ? 'list' : `list of: ${item}`;
    }
    case 'object': {
      const { additionalProperties: each } = schema;
      const value = typeof each === 'object' ? typeWords(each) : '';
      return value === '' ? 'mapping' : `mapping to: ${value}`;
    }
    case 'null':
      return 'null';
    default:
      return 'any value';
  }
}

function textWords({ pattern = '', format }: JsonSchema): string {
  if (pattern.includes(DURATION_PATTERN)) return 'duration';
  if (pattern.includes(SIZE_PATTERN)) return 'size';
  return format ?? 'text';
}

function range({ minimum, maximum }: JsonSchema): string {
  // The bounds that zod gives every integer say nothing.
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (low !== undefined && high !== undefined) return `, ${String(low)} to ${String(high)}`;
  if (low !== undefined) return `, at least ${String(low)}`;
  return high === undefined ? '' : `, at most ${String(high)}`;
}
