import type { Command } from 'commander';
import type { Scenario } from '../../scenario/index.js';
import type { CommandContext } from '../command-context.js';
import { collect } from '../option-values.js';
import {
  addVariableOptions,
  givenVariables,
  variableFlags,
  type VariableOptions,
} from '../variable-options.js';

const EXAMPLES = `
Examples:
  $ tapboot list
  $ tapboot list --tag residue
  $ tapboot list --json
`;

interface ListOptions extends VariableOptions {
  tag: string[];
  notTag: string[];
  json?: true;
}

/** `tapboot list`: the scenarios that a run with the same arguments would choose. */
export function addListCommand(program: Command, { outside }: CommandContext): void {
  const command = program
    .command('list')
    .description('list scenarios: id, tags, steps, name')
    .argument('[scenario...]', 'names, ids or files; default: all in scenarios/')
    .option(
      '--tag <tag>',
      'list only scenarios with this tag (repeatable: any of them)',
      collect,
      [],
    )
    .option('--not-tag <tag>', 'skip scenarios with this tag (repeatable)', collect, []);
  addVariableOptions(command)
    .option('--json', 'print JSON: id, name, file, tags, machine, number of steps')
    .addHelpText('after', EXAMPLES)
    .action(async (given: string[], options: ListOptions) => {
      const [scenario, { scenarioArguments }, { redactor }] = await Promise.all([
        import('../../scenario/index.js'),
        import('../../run/scenario-arguments.js'),
        import('../../redact.js'),
      ]);
      const { loadScenarios, selectScenarios } = scenario;
      const { paths, names } = scenarioArguments(given, outside);
      const scenarios = await loadScenarios(paths, {
        workingDirectory: outside.workingDirectory,
        variables: await givenVariables(variableFlags(options), outside),
      });
      const chosen = selectScenarios(scenarios, {
        names,
        tags: options.tag,
        notTags: options.notTag,
      });
      const text = options.json === true ? json(chosen) : table(chosen);
      const secrets = redactor(scenarios.flatMap(({ redactedValues }) => redactedValues));
      outside.stdout.write(secrets(`${text}\n`));
    });
}

function json(scenarios: readonly Scenario[]): string {
  const rows = scenarios.map(({ id, name, file, tags, machine, subject, steps }) => ({
    id,
    name,
    file,
    tags,
    subject,
    machine,
    steps: steps.length,
  }));
  return JSON.stringify(rows, null, 2);
}

function table(scenarios: readonly Scenario[]): string {
  const rows = scenarios.map(({ id, tags, steps, name }) => [
    id,
    tags.join(','),
    steps.length === 1 ? '1 step' : `${String(steps.length)} steps`,
    name,
  ]);
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
