import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

const EXAMPLES = `
Examples:
  $ tapboot attach --list                list the running machines
  $ tapboot attach                       the console, if only one runs; Ctrl-C leaves
  $ tapboot attach shell --shell         a root shell over SSH
  $ tapboot attach --shell -- lsblk      run one command

Finds machines of the same user and the same TMPDIR. The console is read-only.
Exit code with --shell: that of the shell or command.
`;

interface AttachFlags {
  list?: true;
  shell?: true;
}

/** `tapboot attach`: joins a machine of another process. */
export function addAttachCommand(program: Command, context: CommandContext): void {
  program
    .command('attach')
    .description('join a running machine from another terminal')
    .argument('[machine]', 'name of the VM or of its run, or the beginning of the latter')
    .argument('[command...]', 'with --shell: command, after --')
    .option('--list', 'list the running machines')
    .option('--shell', 'open a root shell over SSH instead of the console')
    .addHelpText('after', EXAMPLES)
    .action(async (machine: string | undefined, command: string[], flags: AttachFlags) => {
      const { arguments: words } = context.outside;
      // Behind `--` there is no machine: commander cannot tell.
      const split = words.indexOf('--');
      const given = split < 0 ? undefined : words.slice(split + 1);
      const named = machine !== undefined && given?.length === command.length + 1;
      context.result.exitCode = await attach(
        named ? undefined : machine,
        named ? [machine, ...command] : command,
        flags,
        context,
      );
    });
}

async function attach(
  machine: string | undefined,
  command: string[],
  flags: AttachFlags,
  { outside }: CommandContext,
): Promise<number> {
  const [{ liveConnections }, choose, session, { interruptSignal }, { usageError }] =
    await Promise.all([
      import('../../record/connections.js'),
      import('../../interactive/choose.js'),
      import('../../interactive/session.js'),
      import('../interrupt.js'),
      import('../usage-error.js'),
    ]);
  const { stdin, stdout, stderr, environment } = outside;
  const connections = liveConnections();
  if (flags.list === true) {
    for (const one of connections) stdout.write(`${choose.connectionLine(one)}\n`);
    return 0;
  }
  if (command.length > 0 && flags.shell !== true) {
    throw usageError('a command needs --shell: the console is read-only');
  }
  const connection = choose.chooseConnection(connections, machine);
  const { signal, release } = interruptSignal('');
  try {
    if (flags.shell !== true) {
      stderr.write(`tapboot: console of ${connection.vm}, read-only; Ctrl-C ends it\n`);
      await session.tailConsole(connection, (chunk) => stdout.write(chunk), signal);
      return 0;
    }
    if (command.length === 0 && stdin.isTTY && stdout.isTTY === true) {
      const terminal = { stdin, stdout, type: environment['TERM'] ?? 'vt100' };
      return await session.attachShell(connection, terminal, signal);
    }
    const script = command.length > 0 ? command.join(' ') : await text(stdin);
    const result = await session.attachCommand(connection, script, signal);
    stdout.write(Buffer.from(result.stdout));
    stderr.write(Buffer.from(result.stderr));
    return result.exitStatus ?? 255;
  } finally {
    release();
  }
}
