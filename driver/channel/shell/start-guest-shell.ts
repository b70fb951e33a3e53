import { infraError } from '../../errors.js';
import type { Channel } from '../channel.js';

/** Name of the virtio-serial port that carries the driver's shell. */
export const SHELL_PORT = 'tapboot.shell.0';

/**
 * Starts the root shell on the virtio-serial port, over a channel that has root already.
 * Nothing is needed in the image but the kernel's `virtio_console`. `setsid -f` where the
 * guest has it, since a shell's own `&` would make it deaf to SIGINT, and with it all
 * commands after it. The port can be opened once only: one `<>`, and copies of it.
 * @throws TapbootError infra when the guest cannot have such a shell; its message says why
 */
export async function startGuestShell(
  channel: Channel,
  portName: string = SHELL_PORT,
  timeoutMs = 60_000,
): Promise<void> {
  const result = await channel.run(startScript(portName), { timeoutMs });
  if (result.exitStatus === 0) return;
  const reason = result.timedOut
    ? `nothing happened within ${String(timeoutMs / 1000)} s`
    : /^tapboot: (.*)$/m.exec(result.stdout)?.[1];
  throw infraError(
    'TAPBOOT_E_SHELL_PORT',
    `no shell could be started on the virtio-serial port: ${reason ?? 'the command failed'}`,
    {
      expected: `/dev/virtio-ports/${portName}`,
      got: reason ?? `exit status ${String(result.exitStatus)}`,
      output: `${result.stdout}${result.stderr}`.trim(),
      hint: 'Commands go over ssh or the console instead; they are slower.',
    },
  );
}

function startScript(portName: string): string {
  return `
port=/dev/virtio-ports/${portName}
find_port() {
  [ -c "$port" ] && return
  # udev makes the link; without udev (or before it) sysfs knows the name.
  for name in /sys/class/virtio-ports/*/name; do
    [ -r "$name" ] && [ "$(cat "$name")" = ${portName} ] || continue
    node=\${name%/name}; node=/dev/\${node##*/}
    [ -c "$node" ] && port=$node && return
  done
  return 1
}
if ! find_port; then
  if [ ! -d /sys/class/virtio-ports ]; then
    modprobe virtio_console 2>/dev/null ||
      { echo "tapboot: the guest's kernel $(uname -r) has no virtio_console"; exit 1; }
  fi
  i=0
  until find_port; do
    i=$((i + 1))
    [ $i -le 25 ] || { echo "tapboot: the port ${portName} does not appear"; exit 1; }
    sleep 0.2
  done
fi
shell=$(command -v bash) && shell="$shell --norc --noprofile" || shell=sh
cd /
( setsid -f $shell <>"$port" 1>&0 2>/dev/null ) 2>/dev/null && exit 0
( : <>"$port" ) 2>/dev/null || { echo "tapboot: the port ${portName} is in use"; exit 1; }
( setsid $shell <>"$port" 1>&0 2>/dev/null & ) || { echo "tapboot: setsid is missing"; exit 1; }
`;
}
