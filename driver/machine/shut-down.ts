import { productError } from '../errors.js';
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
  const asked = channel.run(`systemctl ${how} || ${how}`, { timeoutMs }).catch(() => undefined);
  const ended = Promise.race([guest.running.process.exited, guest.lost]);
  const end = await within(ended, { ms: timeoutMs });
  // QEMU's end alone says little: a kernel that panicked on its way down is gone as well.
  const death = await settledDeath(guest);
  if (death !== undefined) throw death;
  if (end === undefined) {
    throw productError('TAPBOOT_E_SHUTDOWN_TIMEOUT', `the guest did not ${how} in time`, {
      expected: `${how} within ${String(timeoutMs / 1000)} s`,
      got: 'it still runs',
      output: guest.transcript.tail(),
    });
  }
  await asked;
  await guest.close();
}

/** Ends QEMU as if the plug were pulled: what the guest has written to its disks is on them. */
export async function pullThePlug(guest: Guest): Promise<void> {
  guest.watchdog.expected('poweroff');
  // `quit` and not a kill: qcow2's own tables are written, nothing of the guest's memory is.
  await guest.running.qmp.execute('quit').catch(() => undefined);
  await guest.running.process.exited;
  const death = await settledDeath(guest);
  if (death !== undefined) throw death;
  await guest.close();
}
