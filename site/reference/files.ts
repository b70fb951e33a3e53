import { knownIssuesJsonSchema } from '../../driver/run/known-issues/schema.js';
import { keysOf } from '../../driver/scenario/explain.js';
import {
  explainFile,
  explainStep,
  stepKinds,
  type KeyExplanation,
} from '../../driver/scenario/index.js';
import type { JsonSchema } from '../../driver/language/schema/json-schema.js';
import { defaultWords } from './default-words.js';
import { typeWords } from './type-words.js';

/** A page that is made of the code. */
export interface GeneratedPage {
  source: string;
  markdown: string;
}

const NOTE =
  'Made of the schema that these files are checked by. Where a value has a form of its own, a text with a ' +
  '[variable](../scenarios.md#variables) is accepted in its place.';

/** Every key of every file that people write. */
export function filePages(): GeneratedPage[] {
  return [
    { source: 'docs/reference/scenario.md', markdown: scenarioPage() },
    {
      source: 'docs/reference/plan.md',
      markdown: `# Keys of plans\n\n${NOTE} What a plan is, [its page](../plans.md) says.\n\n${table(explainFile('plan'))}\n`,
    },
    {
      source: 'docs/reference/known-issues.md',
      markdown: `# Keys of known-issues.yaml\n\nWhat they do: [flaky and known failures](../known-issues.md). For editors: the [JSON Schema](../schemas/known-issues.schema.json).\n\n${table(keysOf(JSON.parse(knownIssuesJsonSchema()) as JsonSchema, ''))}\n`,
    },
  ];
}

function scenarioPage(): string {
  const steps = stepKinds.map((kind) => {
    const { description, keys, examples } = explainStep(kind);
    return [
      `## ${kind}`,
      `${description} [The page of this step](../steps/${kind}.md).`,
      ...examples.map((example) => `\`\`\`yaml\n- ${JSON.stringify(example)}\n\`\`\``),
      table(keys),
    ].join('\n\n');
  });
  return `# Keys of scenarios and steps

${NOTE} How the parts work together, [scenarios](../scenarios.md) says. For editors: the [JSON Schema](../schemas/scenario.schema.json).

## The file

${table(explainFile('scenario'))}

${steps.join('\n\n')}
`;
}

function table(keys: readonly KeyExplanation[]): string {
  const rows = keys.map(({ path, required, description, examples, schema }) => {
    const cells = [
      `\`${path.replace(/\bvda\b/, 'vdX')}\`${required ? ' (required)' : ''}`,
      typeWords(schema),
      defaultWords(description),
      [description, ...shown(examples)].join(' '),
    ];
    return `| ${cells.map(inCell).join(' | ')} |`;
  });
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function shown(examples: readonly unknown[]): string[] {
  if (examples.length === 0) return [];
  return [`E.g. ${examples.map((example) => `\`${JSON.stringify(example)}\``).join(', ')}`];
}

const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
