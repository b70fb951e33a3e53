import type { Command } from 'commander';
import type { Scenario } from '../../scenario/index.js';
import type { CommandContext } from '../command-context.js';
import { collect, collectVariable } from '../option-values.js';

const EXAMPLES = `
Examples:
  $ tapboot list
  $ tapboot list --tag residue
  $ tapboot list --json
`;

interface ListOptions {
  tag: string[];
  notTag: string[];
  var?: Record<string, string>;
  json?: true;
}

/** `tapboot list`: the scenarios that a run with the same arguments would choose. */
export function addListCommand(program: Command, { outside }: CommandContext): void {
  program
    .command('list')
    .description('list scenarios: id, tags, steps, headline')
    .argument('[scenario...]', 'names, ids or files; all in scenarios/ when none is named')
    .option('--tag <tag>', 'only scenarios with this tag (repeatable: any of them)', collect, [])
    .option('--not-tag <tag>', 'no scenarios with this tag (repeatable)', collect, [])
    .option('--var <name=value>', 'set a variable of the scenarios (repeatable)', collectVariable)
    .option('--json', 'as JSON: id, name, file, tags, machine, number of steps')
    .addHelpText('after', EXAMPLES)
    .action(async (given: string[], options: ListOptions) => {
      const [{ loadScenarios, selectScenarios }, { scenarioArguments }] = await Promise.all([
        import('../../scenario/index.js'),
        import('../../run/scenario-arguments.js'),
      ]);
      const { paths, names } = scenarioArguments(given, outside);
      const scenarios = await loadScenarios(paths, {
        workingDirectory: outside.workingDirectory,
        variables: options.var ?? {},
      });
      const chosen = selectScenarios(scenarios, {
        names,
        tags: options.tag,
        notTags: options.notTag,
      });
      const text = options.json === true ? json(chosen) : table(chosen);
      outside.stdout.write(`${text}\n`);
    });
}

function json(scenarios: readonly Scenario[]): string {
  const rows = scenarios.map(({ id, name, file, tags, machine, subject, steps }) => ({
    ...{ id, name, file, tags, subject, machine },
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
