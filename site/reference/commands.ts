import type { Command } from 'commander';
import { outsideOfProcess } from '../../driver/cli/outside.js';
import { buildProgram } from '../../driver/cli/program.js';
import type { GeneratedPage } from './files.js';

/** What `--help` says of every command, from the same objects that print it. */
export function commandsPage(): GeneratedPage {
  const program = buildProgram(outsideOfProcess([]), { exitCode: 0 });
  const commands = program.commands.flatMap((command) => [command, ...command.commands]);
  const parts = [
    '# Commands and flags',
    'What `--help` prints, of every command. How they belong together: [the command line](../cli.md).',
    '## tapboot',
    ...body(program),
    ...commands.flatMap((command) => [`## ${pathOf(command)}`, ...body(command)]),
  ];
  return { source: 'docs/reference/commands.md', markdown: `${parts.join('\n\n')}\n` };
}

function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}

function body(command: Command): string[] {
  const help = command.createHelp();
  const usage = help.commandUsage(command);
  return [
    help.commandDescription(command),
    fence(usage),
    list(
      'Commands',
      help.visibleCommands(command).map((sub) => ({
        term: help.subcommandTerm(sub),
        text: help.subcommandDescription(sub),
      })),
    ),
    list(
      'Arguments',
      help.visibleArguments(command).map((argument) => ({
        term: help.argumentTerm(argument),
        text: help.argumentDescription(argument),
      })),
    ),
    list(
      'Options',
      help.visibleOptions(command).map((option) => ({
        term: help.optionTerm(option),
        text: help.optionDescription(option),
      })),
    ),
    fence(afterHelp(command)),
  ].filter((part) => part !== '');
}

/** What follows the help proper: examples, exit codes. Only printing brings it to light. */
function afterHelp(command: Command): string {
  let printed = '';
  command.configureOutput({ writeOut: (text) => (printed += text) });
  command.outputHelp();
  const proper = command.helpInformation();
  if (!printed.startsWith(proper)) throw new Error(`help of ${pathOf(command)} begins differently`);
  return printed.slice(proper.length).trim();
}

const fence = (text: string): string => (text === '' ? '' : `\`\`\`text\n${text}\n\`\`\``);

function list(title: string, entries: readonly { term: string; text: string }[]): string {
  if (entries.length === 0) return '';
  const rows = entries.map(({ term, text }) => `| \`${inCell(term)}\` | ${escaped(text)} |`);
  return [`| ${title} | |`, '|---|---|', ...rows].join('\n');
}

const inCell = (text: string): string => text.replaceAll('|', '\\|');

/** Help is plain text: nothing in it is markup. */
const escaped = (text: string): string =>
  text.replace(/[\\`*_[\]<>|]/g, '\\$&').replaceAll('\n', ' ');
