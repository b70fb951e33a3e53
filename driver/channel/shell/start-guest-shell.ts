import { infraError } from '../../errors.js';
import type { Channel } from '../channel.js';
import { withArguments } from '../../quote.js';
import { startGuestShell as script } from './scripts.generated.js';

/** Name of the virtio-serial port that carries the driver's shell. */
export const SHELL_PORT = 'tapboot.shell.0';

/**
 * Starts the root shell on the virtio-serial port, over a channel that has root already.
 * Nothing is needed in the image but the kernel's `virtio_console`.
 * @throws TapbootError infra when the guest cannot have such a shell; its message says why
 */
export async function startGuestShell(
  channel: Channel,
  portName: string = SHELL_PORT,
  timeoutMs = 60_000,
): Promise<void> {
  const result = await channel.run(withArguments(script, portName), { timeoutMs });
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
