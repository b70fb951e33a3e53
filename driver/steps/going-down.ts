import type { MachineUnderTest } from '../machine/machine-under-test.js';

/** Milliseconds for the guest to say whether it is shutting down. */
const ASK_MS = 20_000;

/**
 * Whether the guest's own shutdown may be what has just ended a command by a signal: the
 * guest says so, or no longer answers. systemd's word for it is `stopping` (systemctl(1)).
 */
export async function isGoingDown(vm: MachineUnderTest): Promise<boolean> {
  if (vm.power === 'off') return false;
  try {
    const { stdout, timedOut } = await vm.run('systemctl is-system-running', {
      timeoutMs: ASK_MS,
    });
    return timedOut || stdout.trim() === 'stopping';
  } catch {
    return true;
  }
}

/** True for the exit status that a shell gives for a command that a signal ended. */
export const endedBySignal = (exitStatus: number | null | undefined): boolean =>
  (exitStatus ?? 0) > 128;
