import type { Test } from 'tap';
import type { ConsoleChannel } from '../../driver/channel/console/console-channel.js';
import { ShellChannel } from '../../driver/channel/shell/shell-channel.js';
import type { RunningGuest } from './channel-guest.js';

const MINUTE = 60_000;

/** A shell on the port that finds no bash: dash, with all other programs of the image. */
const WITHOUT_BASH = `
mkdir /run/bin
ln -s /usr/sbin/* /run/bin/
ln -sf /usr/bin/* /run/bin/
rm /run/bin/bash
modprobe virtio_console
PATH=/run/bin setsid -f /bin/dash <>/dev/virtio-ports/tapboot.shell.0 1>&0 2>/dev/null
`;

/** The shell channel in a guest without bash; afterwards the port is free again. */
export async function withoutBash(
  t: Test,
  guest: RunningGuest,
  root: ConsoleChannel,
): Promise<void> {
  const started = await root.run(WITHOUT_BASH, { timeoutMs: MINUTE });
  t.equal(started.exitStatus, 0, started.stderr);
  const shell = await ShellChannel.attach(guest.shell, { timeoutMs: MINUTE });
  t.equal(shell.dialect, 'sh');
  t.match(shell.commandLine, / quiet /, 'it has read what its kernel was started with');
  const run = async (command: string, stdin?: string) =>
    await shell.run(command, { timeoutMs: MINUTE, stdin });

  t.match(await run('echo "it\'s"; echo err >&2; exit 3'), {
    stdout: "it's\n",
    stderr: 'err\n',
    exitStatus: 3,
  });
  t.match(await run('echo "[$BASH_VERSION]"; printf "a\\000\\001b"'), { stdout: '[]\na\0\x01b' });
  t.match(await run('cat; wc -l </dev/null', 'é\n"x"\n'), { stdout: 'é\n"x"\n0\n' });
  t.match(await run('cat; echo $?'), { stdout: '0\n' });
  t.equal((await run('seq 30000')).stdout.length, 168_894);
  for (const harm of ['exit 7', 'if', 'kill -9 $$', 'exec >&-']) {
    await run(harm);
    t.match(await run('pwd'), { stdout: '/\n' }, `after: ${harm}`);
  }
  const both = await Promise.all([
    run('sleep 1; echo one'),
    run('echo two'),
    shell.heartbeat(MINUTE),
  ]);
  t.match(both, [{ stdout: 'one\n' }, { stdout: 'two\n' }, Number]);
  const stopped = await shell.run('trap "" TERM; echo begun; sleep 444 & sleep 444; sleep 444', {
    timeoutMs: 1500,
  });
  t.match(stopped, { stdout: 'begun\n', exitStatus: null, timedOut: true });
  t.match(await run('pgrep -fx "sleep 444"'), { exitStatus: 1 });
  await shell.plant('n-1');
  const again = await ShellChannel.attach(guest.shell, { timeoutMs: MINUTE });
  t.equal(again.fresh, false);
  t.strictSame(await again.prove(MINUTE), { nonce: 'n-1', count: 1 });
  t.match(await root.run('pkill -x dash', { timeoutMs: MINUTE }), { exitStatus: 0 });
}
