import type { Command } from 'commander';
import type { Scenario } from '../../scenario/index.js';
import type { CommandContext } from '../command-context.js';
import type { Flags } from '../../config/settings-table.js';
import { addSelectionOptions, type TagOptions } from '../selection-options.js';
import {
  addVariableOptions,
  givenVariables,
  variableFlags,
  type VariableOptions,
} from '../variable-options.js';

const EXAMPLES = `
Examples:
  $ tapboot list
  $ tapboot list --tag 'slow and not residue'
  $ tapboot list --shard 1/2                        the first of two parts
  $ tapboot list --json
`;

interface ListOptions
  extends VariableOptions, TagOptions, Pick<Flags, 'grep' | 'lastFailed' | 'shard' | 'shardTimes'> {
  json?: true;
}

/** `tapboot list`: the scenarios that a run with the same arguments would choose. */
export function addListCommand(program: Command, { outside }: CommandContext): void {
  const command = program
    .command('list')
    .description('list scenarios: id, tags, steps, name')
    .argument('[scenario...]', 'names, ids or files; default: all in scenarios/');
  addVariableOptions(addSelectionOptions(command))
    .option('--json', 'print JSON: id, name, file, tags, machine, number of steps, from')
    .addHelpText('after', EXAMPLES)
    .action(async (given: string[], options: ListOptions) => {
      const [{ loadScenarios }, { scenarioArguments }, selecting, config, { redactor }] =
        await Promise.all([
          import('../../scenario/index.js'),
          import('../../run/scenario-arguments.js'),
          import('../../run/selection.js'),
          import('../../config/config.js'),
          import('../../redact.js'),
        ]);
      const { workingDirectory, environment, stdout, stderr } = outside;
      const { grep, lastFailed, shard, shardTimes, tag: tags, notTag: notTags } = options;
      const flags = { grep, lastFailed, shard, shardTimes };
      const settings = config.selectionSettings(environment, flags, workingDirectory);
      const { paths, names } = scenarioArguments(given, outside);
      const all = await loadScenarios(paths, {
        workingDirectory,
        variables: await givenVariables(variableFlags(options), outside),
      });
      const chosen = await selecting.selectForRun(all, { names, tags, notTags }, settings);
      const { scenarios, list } = chosen;
      const secrets = redactor(all.flatMap(({ redactedValues }) => redactedValues));
      if (options.json === true) stdout.write(secrets(`${json(scenarios)}\n`));
      else if (scenarios.length > 0) stdout.write(secrets(`${table(scenarios)}\n`));
      else stderr.write(`tapboot: none of ${String(list.length)} scenarios is in this shard\n`);
    });
}

function json(scenarios: readonly Scenario[]): string {
  const rows = scenarios.map(({ id, name, file, tags, machine, subject, steps, from }) => ({
    id,
    name,
    file,
    tags,
    subject,
    machine,
    steps: steps.length,
    from: from && `${from.scenario}#${from.checkpoint}`,
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
