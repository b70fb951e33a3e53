import { Command, Help, type Option } from 'commander';
import { addCheckCommand } from './commands/check.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addImageCommand } from './commands/image.js';
import { addListCommand } from './commands/list.js';
import { addNotesCommand } from './commands/notes.js';
import { addPlanCommand } from './commands/plan.js';
import { addReportCommand } from './commands/report.js';
import { addRunCommand } from './commands/run.js';
import { addSchemaCommand } from './commands/schema.js';
import { addSnapshotCommand } from './commands/snapshot.js';
import { addExplainCommand } from './commands/explain.js';
import { addHistoryCommand } from './commands/history.js';
import { addMergeCommand } from './commands/merge.js';
import { addNewCommand } from './commands/new.js';
import { addStressCommand } from './commands/stress.js';
import { addOpenCommand } from './commands/open.js';
import { addShellCommand } from './commands/shell.js';
import { addAttachCommand } from './commands/attach.js';
import { addWatchCommand } from './commands/watch.js';
import type { AddCommand, CommandResultCode } from './command-context.js';
import type { Outside } from './outside.js';

const COMMANDS: readonly AddCommand[] = [
  addRunCommand,
  addListCommand,
  addCheckCommand,
  addPlanCommand,
  addImageCommand,
  addDoctorCommand,
  addSchemaCommand,
  addNotesCommand,
  addReportCommand,
  addSnapshotCommand,
  addExplainCommand,
  addHistoryCommand,
  addMergeCommand,
  addNewCommand,
  addStressCommand,
  addOpenCommand,
  addShellCommand,
  addAttachCommand,
  addWatchCommand,
];

const EPILOGUE = `
Exit codes: 0 all passed, 1 an expectation failed, 2 scenario or usage error, 3 guest dead,
4 infrastructure, 75 incomplete (queued). If several apply, the first of 2, 4, 3, 1, 75 counts.

Examples:
  $ tapboot list
  $ tapboot run --tag residue
  $ tapboot run --image file:my.iso,boot=direct scenarios/provisions-clean-disk.yaml
`;

/** Throws CommanderError instead of ending the process; the caller prints it. */
export function buildProgram(outside: Outside, result: CommandResultCode): Command {
  const program = new Command('tapboot')
    .description('Boots images in QEMU, runs scenarios against them and reports TAP.')
    .version(outside.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', EPILOGUE);
  for (const add of COMMANDS) add(program, { outside, result });
  for (const command of withSubcommands(program)) {
    command
      .exitOverride()
      .showSuggestionAfterError(true)
      .configureHelp({ optionDescription })
      .configureOutput({
        writeOut: (text) => outside.stdout.write(text),
        writeErr: (text) => outside.stderr.write(text),
        // Errors are thrown, and printed once by the caller, in tapboot's format.
        outputError: () => undefined,
      });
  }
  return program;
}

/** An option that collects starts with nothing: that is no default to be told of. */
function optionDescription(this: Help, option: Option): string {
  const value: unknown = option.defaultValue;
  const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return empty ? option.description : Help.prototype.optionDescription.call(this, option);
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
