import { Argument, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';

const EXAMPLES = `
Examples:
  $ tapboot schema                  JSON Schema of scenario files
  $ tapboot schema ledger           … of a line of vm-run-ledger.jsonl

For an editor, as the first line of a scenario:
  # yaml-language-server: $schema=scenario.schema.json
`;

const KINDS = ['scenario', 'plan', 'metadata', 'ledger', 'known-issues'] as const;
type Kind = (typeof KINDS)[number];

/** `tapboot schema`: JSON Schema (draft 2020-12) on stdout. */
export function addSchemaCommand(program: Command, { outside }: CommandContext): void {
  program
    .command('schema')
    .description('print a JSON Schema')
    .addArgument(new Argument('[kind]', 'kind of file').choices(KINDS).default('scenario'))
    .addHelpText('after', EXAMPLES)
    .action(async (kind: Kind) => {
      outside.stdout.write(await schemaText(kind));
    });
}

async function schemaText(kind: Kind): Promise<string> {
  if (kind === 'metadata' || kind === 'ledger') {
    const { recordJsonSchemas } = await import('../../record/json-schemas.js');
    return recordJsonSchemas()[`${kind}.schema.json`] ?? '';
  }
  if (kind === 'known-issues') {
    const { knownIssuesJsonSchema } = await import('../../run/known-issues/schema.js');
    return knownIssuesJsonSchema();
  }
  const { planJsonSchema, scenarioJsonSchema } = await import('../../scenario/index.js');
  const schema = kind === 'plan' ? planJsonSchema() : scenarioJsonSchema();
  return `${JSON.stringify(schema, null, 2)}\n`;
}
