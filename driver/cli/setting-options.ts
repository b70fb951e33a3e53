import type { Command } from 'commander';
import { SETTINGS, type FlagName, type Setting } from '../config/settings-table.js';
import { listOf } from '../language/yaml/show.js';

/** Adds the options of some settings; values stay as they are typed, and are read with the rest. */
export function addSettings(command: Command, ...names: FlagName[]): Command {
  for (const name of names) command.option(SETTINGS[name].flag, help(SETTINGS[name]));
  return command;
}

/** What the setting is, its choices, its default, and the variable that gives it, too. */
function help({ takes, says, default: value, otherwise = value, variable }: Setting): string {
  const choices = takes.kind === 'words' ? listOf(takes.words) : '';
  const what = [choices, says ?? ''].filter((part) => part !== '').join(': ');
  const standard = otherwise === undefined ? '' : ` (default: ${otherwise})`;
  return `${what}${standard}${variable === undefined ? '' : ` ($${variable})`}`;
}
