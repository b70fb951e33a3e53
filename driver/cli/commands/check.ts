import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import {
  addVariableOptions,
  givenVariables,
  variableFlags,
  type VariableOptions,
} from '../variable-options.js';

const EXAMPLES = `
Examples:
  $ tapboot check                          all scenarios and plans in scenarios/
  $ tapboot check my-scenario.yaml         one file
  $ tapboot check --var disk=8G tests/     with a variable set

Starts no machine. Exit code: 0 without errors, 2 with errors.
`;

/** `tapboot check`: validates scenarios and plans, and shows every mistake with its place. */
export function addCheckCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('check')
    .description('validate scenarios and plans without starting a machine')
    .argument('[path...]', 'files or directories (default: scenarios/)');
  addVariableOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (given: string[], options: VariableOptions) => {
      await check(given, options, context);
    });
}

async function check(
  given: readonly string[],
  options: VariableOptions,
  { outside, result }: CommandContext,
): Promise<void> {
  const [{ checkScenarios }, { scenarioDirectory }, { describeError }, { EXIT }] =
    await Promise.all([
      import('../../scenario/index.js'),
      import('../../run/scenario-arguments.js'),
      import('../../errors.js'),
      import('../../exit-code.js'),
    ]);
  const paths = given.length === 0 ? [scenarioDirectory(outside)] : given;
  const { scenarios, plans, problems } = await checkScenarios(paths, {
    workingDirectory: outside.workingDirectory,
    variables: await givenVariables(variableFlags(options), outside),
  });
  for (const problem of problems) outside.stderr.write(`${describeError(problem)}\n\n`);
  for (const { id, file } of scenarios) outside.stdout.write(`ok  ${file}: ${id}\n`);
  for (const { name, file } of plans) outside.stdout.write(`ok  ${file}: plan ${name}\n`);
  outside.stdout.write(
    `${counted(scenarios.length, 'scenario')}, ${counted(plans.length, 'plan')}, ` +
      `${problems.length === 0 ? 'no problem' : counted(problems.length, 'problem')}\n`,
  );
  if (problems.length > 0) result.exitCode = EXIT.scenario;
}

const counted = (count: number, what: string): string =>
  `${String(count)} ${what}${count === 1 ? '' : 's'}`;
