import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import type { CommandResult } from '../../../../driver/channel/channel.js';
import { atOnce } from '../../../../driver/machine/diagnostics/at-once.js';
import {
  LIST_AGENT_LOGS,
  readLog,
  type Diagnostic,
} from '../../../../driver/machine/diagnostics/diagnostic.js';
import { collectDiagnostics, TEARDOWN } from '../../../../driver/machine/diagnostics/index.js';

const always = (label: string, command: string): Diagnostic => ({ label, command, when: 'always' });

const resultOf = (given: Partial<CommandResult>): CommandResult => ({
  channel: 'shell',
  command: '',
  stdout: '',
  stderr: '',
  stderrSeparate: true,
  exitStatus: 0,
  durationMs: 1,
  timedOut: false,
  dropped: { stdout: 0, stderr: 0 },
  ...given,
});

/** Runs a command where the agent's logs lie in `directory`. */
async function inShell(shell: string, command: string, directory: string): Promise<CommandResult> {
  const here = command.replaceAll('/tmp/pre-nixos', path.join(directory, 'pre-nixos'));
  const ended = await execa(shell, ['-c', here], { reject: false, stripFinalNewline: false });
  const { stdout, stderr, exitCode } = ended;
  return resultOf({ command, stdout, stderr, exitStatus: exitCode ?? null });
}

const WANTED = [
  always('one', 'echo one; echo odd >&2; exit 3'),
  always('none', 'command -v no-such-tool >/dev/null 2>&1 || exit 127; no-such-tool'),
  always('half a line', 'printf "no newline"; cd /; set -e'),
  always('says nothing', ':'),
];

t.test('every command answers as it would by itself', async (t) => {
  const logs = { 'pre-nixos.log': 'e 0\nb\n', "pre-nixos it's.log": '', 'pre-nixos-2.txt': 'x' };
  const directory = t.testdir(logs);
  for (const shell of ['bash', 'dash']) {
    const { command, answersOf } = atOnce(WANTED);
    const answers = answersOf(await inShell(shell, command, directory));
    const list = [`${directory}/pre-nixos it's.log`, `${directory}/pre-nixos.log`];
    for (const asked of [...WANTED.map((wanted) => wanted.command), LIST_AGENT_LOGS]) {
      const alone = await inShell(shell, asked, directory);
      const { stdout, stderr, exitStatus, timedOut } = alone;
      t.match(answers.get(asked), { stdout, stderr, exitStatus, timedOut, command: asked }, asked);
    }
    t.strictSame(answers.get(LIST_AGENT_LOGS)?.stdout.split('\n').slice(0, -1).sort(), list);
    t.match(answers.get(readLog(list[0] ?? '')), { stdout: '', exitStatus: 0 });
    t.match(answers.get(readLog(list[1] ?? '')), { stdout: 'e 0\nb\n', exitStatus: 0 });
  }
});

t.test('a content that repeats the command’s text is content', async (t) => {
  const { command, answersOf } = atOnce([always('echo', 'cat')]);
  const { stdout, stderr } = await execa('bash', ['-c', command], {
    input: command,
    stripFinalNewline: false,
  });
  t.equal(answersOf(resultOf({ stdout, stderr })).get('cat')?.stdout, command);
});

t.test('what has not come whole is not believed', async (t) => {
  const { command, answersOf } = atOnce(WANTED);
  const whole = await inShell('bash', command, t.testdir({}));
  t.equal(answersOf(whole).size, WANTED.length + 1);
  t.equal(answersOf({ ...whole, dropped: { stdout: 1, stderr: 0 } }).size, 0);
  const middle = whole.stdout.indexOf('no newline') + 5;
  const cut = { ...whole, stdout: whole.stdout.slice(0, middle) };
  t.equal(answersOf(cut).size, 2, 'the one that was cut is asked for again');
  const late = answersOf({ ...cut, timedOut: true, exitStatus: null });
  t.match(late.get(WANTED[2]?.command ?? ''), { stdout: 'no ne', timedOut: true });
  t.equal(late.size, 3, 'those behind it are asked for');
});

t.test('teardown asks once, and one by one for what it did not get', async (t) => {
  const directory = t.testdir({ 'pre-nixos.log': 'log\n', bin: {} });
  /** How the guest takes the first command. */
  for (const way of ['whole', 'lost', 'late', 'garbled'] as const) {
    const asked: string[] = [];
    const run = async (command: string): Promise<CommandResult> => {
      asked.push(command);
      const result = await inShell('bash', `dmesg() { echo kernel; }\n${command}`, directory);
      if (asked.length > 1 || way === 'whole') return result;
      if (way === 'lost') throw new Error('nowhere to put it');
      if (way === 'garbled') return { ...result, stdout: 'x' };
      const stdout = result.stdout.slice(0, result.stdout.indexOf('kernel') + 7);
      return { ...result, stdout, timedOut: true, exitStatus: null };
    };
    const source = { power: 'on', console: { tail: () => '' }, run } as const;
    const files = await collectDiagnostics(source, TEARDOWN, path.join(directory, way));
    t.strictSame(
      files.map(({ label }) => label),
      ['dmesg (post-test teardown)', 'pre-nixos log (post-test teardown)'],
      way,
    );
    const [dmesg, log] = await Promise.all(files.map((file) => readFile(file.path, 'utf8')));
    t.equal(dmesg, way === 'late' ? 'kernel\n[tapboot] killed by its timeout\n' : 'kernel\n');
    t.equal(log, 'log\n');
    t.equal(asked.length, { whole: 1, late: 3, lost: 4, garbled: 4 }[way], way);
  }
});
