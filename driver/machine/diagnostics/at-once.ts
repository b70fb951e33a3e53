import { randomBytes } from 'node:crypto';
import type { CommandResult } from '../../channel/channel.js';
import { withArguments } from '../../quote.js';
import { LIST_AGENT_LOGS, readLog, type Diagnostic } from './diagnostic.js';
import { agentLogs, atOnce as start } from './scripts.generated.js';

/** One command for several diagnostics: each further one would cost a trip, and forks. */
export interface AtOnce {
  command: string;
  /**
   * What each diagnostic would have answered by itself, by its command. The one that was
   * under way when the time was over has timed out; those behind it are absent. Nothing at
   * all when the output is not whole.
   */
  answersOf(result: CommandResult): Map<string, CommandResult>;
}

/**
 * All of `wanted`, the list of the agent's logs, and what is in them, by one command. In both
 * outputs there is a mark behind each section: a random word that the guest has to join.
 */
export function atOnce(wanted: readonly Diagnostic[]): AtOnce {
  const [first, second] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
  const mark = `${first}-${second}`;
  const section = (name: string, command: string): string => `tb_b ${name}\n${command}\ntb_e`;
  const sections = [
    ...wanted.map(({ command }, index) => section(String(index), `( ${command} )`)),
    section('list', LIST_AGENT_LOGS),
  ];
  const command = withArguments([start, ...sections, agentLogs].join('\n'), first, second);
  const commandOf = (name: string): string =>
    name === 'list' ? LIST_AGENT_LOGS : (wanted[Number(name)]?.command ?? readLog(name));
  return { command, answersOf: (result) => sectionsOf(result, mark, commandOf) };
}

function sectionsOf(
  result: CommandResult,
  mark: string,
  commandOf: (name: string) => string,
): Map<string, CommandResult> {
  const answers = new Map<string, CommandResult>();
  if (result.dropped.stdout > 0 || result.dropped.stderr > 0) return answers;
  const said = result.stderr.split(mark);
  const [, ...parts] = result.stdout.split(mark);
  for (let index = 0; index < parts.length; index += 2) {
    const [, name, stdout] = /^ b (.*)\n([^]*)$/.exec(parts[index] ?? '') ?? [];
    const status = /^ e (\d+)\n/.exec(parts[index + 1] ?? '')?.[1];
    if (name === undefined || stdout === undefined) return answers;
    if (status === undefined && !result.timedOut) return answers;
    const command = commandOf(name);
    answers.set(command, {
      ...result,
      command,
      stdout,
      stderr: said[index / 2] ?? '',
      exitStatus: status === undefined ? null : Number(status),
      timedOut: status === undefined,
    });
  }
  return answers;
}
