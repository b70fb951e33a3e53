import { dirname, basename, join, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Plan, PlanSection } from '../../scenario/index.js';
import type { CommandContext } from '../command-context.js';
import {
  addVariableOptions,
  givenVariables,
  variableFlags,
  type VariableOptions,
} from '../variable-options.js';

const EXAMPLES = `
Examples:
  $ tapboot plan raid-lvm-residue                  its sections and commands
  $ tapboot plan raid-lvm-residue/seed --shell     a script that runs one section
  $ tapboot plan raid-lvm-residue --shell          a script that defines all sections as functions

The script needs only a POSIX shell and runs in any machine.
`;

interface PlanOptions extends VariableOptions {
  shell?: true;
}

/** `tapboot plan`: a plan's commands, to read or to run by hand. */
export function addPlanCommand(program: Command, { outside }: CommandContext): void {
  const command = program
    .command('plan')
    .description('show a plan, or print it as a shell script')
    .argument('<name>', 'NAME or NAME/SECTION (of scenarios/plans/NAME.yaml), or a file')
    .option('--shell', 'print a shell script');
  addVariableOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (argument: string, options: PlanOptions) => {
      const [{ loadPlan, planAsShell }, { scenarioDirectory }] = await Promise.all([
        import('../../scenario/index.js'),
        import('../../run/scenario-arguments.js'),
      ]);
      const plans = join(scenarioDirectory(outside), 'plans');
      const { directory, name, section } = locate(argument, outside.workingDirectory, plans);
      const plan = await loadPlan(name, directory, {
        workingDirectory: outside.workingDirectory,
        variables: await givenVariables(variableFlags(options), outside),
      });
      // Also without --shell: it refuses a section that is not there.
      const script = planAsShell(plan, section);
      const { stdout } = outside;
      if (options.shell !== true) stdout.write(planText(plan, section));
      // Another shell reads it, to the byte; a person's terminal is shown it.
      else stdout.write(stdout.isTTY === true ? script : Buffer.from(script));
    });
}

/** Takes `NAME`, `NAME/SECTION`, `FILE.yaml` or `FILE.yaml/SECTION` apart. */
function locate(
  argument: string,
  workingDirectory: string,
  plans: string,
): { directory: string; name: string; section?: string } {
  const file = /^(.*\.ya?ml)(?:\/([^/]*))?$/.exec(argument);
  const path = resolve(workingDirectory, file?.[1] ?? '');
  if (file !== null && existsSync(path)) {
    const name = basename(path).replace(/\.ya?ml$/, '');
    return { directory: dirname(path), name, ...sectionOf(file[2]) };
  }
  const slash = argument.indexOf('/');
  if (slash < 0) return { directory: plans, name: argument };
  const section = sectionOf(argument.slice(slash + 1));
  return { directory: plans, name: argument.slice(0, slash), ...section };
}

const sectionOf = (section: string | undefined): { section?: string } => ({
  section: section === '' ? undefined : section,
});

function planText(plan: Plan, section: string | undefined): string {
  const sections = plan.sections.filter(({ name }) => section === undefined || name === section);
  const head = [`${plan.name} (${plan.file})`, ...(plan.description?.trim().split('\n') ?? [])];
  return `${[...head, ...sections.flatMap(sectionText)].join('\n')}\n`;
}

function sectionText({ name, steps }: PlanSection): string[] {
  return [
    '',
    `${name}:`,
    ...steps.flatMap(({ title, command }) => {
      const lines = command.trimEnd().split('\n');
      const titled = title === command.trim() ? [] : [`  # ${title}`];
      return [...titled, ...lines.map((line) => `  ${line}`)];
    }),
  ];
}
