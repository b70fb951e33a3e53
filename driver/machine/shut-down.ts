import type { CommandResult } from '../channel/channel.js';
import { asTapbootError, productError } from '../errors.js';
import { within } from '../host/waiting.js';
import type { Guest } from './guest.js';
import { settledDeath } from './settled-death.js';

/**
 * Asks the guest to power off or reboot, waits until QEMU has ended (it ends for a reboot
 * too), and closes what talked to the guest.
 * @throws TapbootError `product` TAPBOOT_E_SHUTDOWN_TIMEOUT, `guest-dead` when it dies instead
 */
export async function shutDown(
  guest: Guest,
  how: 'poweroff' | 'reboot',
  timeoutMs: number,
): Promise<void> {
  const channel = await guest.channel();
  guest.watchdog.expected(how);
  // The command may or may not return before the guest is gone.
  const refused = channel
    .run(`systemctl ${how} || ${how}`, { timeoutMs })
    .then(refusal, (error: unknown) => asTapbootError(error).message);
  const ended = Promise.race([guest.running.process.exited, guest.lost]);
  const end = await within(ended, { ms: timeoutMs });
  // QEMU's end alone says little: a kernel that panicked on its way down is gone as well.
  const death = await settledDeath(guest);
  if (death !== undefined) throw death;
  if (end === undefined) {
    const why = await within(refused, { ms: 0 });
    throw productError('TAPBOOT_E_SHUTDOWN_TIMEOUT', `the guest did not ${how} in time`, {
      expected: `${how} within ${String(timeoutMs / 1000)} s`,
      got: why === undefined ? 'it still runs' : `it still runs; ${why}`,
      output: guest.transcript.tail(),
    });
  }
  await refused;
  await guest.close();
}

/** Why a guest does not shut down; undefined where nothing says so. */
function refusal({ exitStatus, stderr, timedOut }: CommandResult): string | undefined {
  if (timedOut || exitStatus === 0) return undefined;
  return `the command ended with status ${String(exitStatus)}: ${stderr.trim() || 'no message'}`;
}

/** Ends QEMU as if the plug were pulled: what the guest has written to its disks is on them. */
export async function pullThePlug(guest: Guest): Promise<void> {
  guest.watchdog.expected('poweroff');
  // `quit` and not a kill: qcow2's own tables are written, nothing of the guest's memory is.
  // Its answer may be lost: QEMU's end is what counts.
  await guest.running.qmp.execute('quit').catch(() => undefined);
  await guest.running.process.exited;
  const death = await settledDeath(guest);
  if (death !== undefined) throw death;
  await guest.close();
}
