import { randomBytes } from 'node:crypto';
import type { CommandResult } from '../../channel/channel.js';
import { LIST_AGENT_LOGS, readLog, type Diagnostic } from './diagnostic.js';

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
 * outputs there is a mark behind each section: a random word that the guest has to join, so
 * that it is nowhere else, not even where a guest writes down the commands that it gets.
 */
export function atOnce(wanted: readonly Diagnostic[]): AtOnce {
  const [first, second] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
  const mark = `${first}-${second}`;
  // A mark on stdout: `MARK b NAME` begins a section, `MARK e STATUS` ends it.
  const section = (name: string, command: string): string =>
    `printf '%s b %s\\n' "$tb_m" ${name}\n${command}\ntb_s=$?\n` +
    `printf '%s e %s\\n' "$tb_m" $tb_s; printf %s "$tb_m" >&2`;
  const command = [
    `tb_m=${first}; tb_m=$tb_m-${second}`,
    ...wanted.map(({ command }, index) => section(String(index), `( ${command} )`)),
    section('list', LIST_AGENT_LOGS),
    // A guest without such logs starts no program for them.
    'for tb_f in /tmp/pre-nixos*.log; do',
    `if [ -f "$tb_f" ]; then\n${section('"$tb_f"', 'cat -- "$tb_f"')}\nfi`,
    'done',
  ].join('\n');
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
