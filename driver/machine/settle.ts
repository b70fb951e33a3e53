import { untilStopped } from '../host/until-stopped.js';
import { asTapbootError } from '../errors.js';
import { factsOf, tellReachable, type MachineParts } from './boot-sequence.js';
import type { Guest } from './guest.js';

/** Milliseconds for the one who gives up to say why. */
const GRACE_MS = 1000;

/**
 * Waits for SSH of a machine that has a network; see BootImageVM.settle. That it was waited for
 * in vain is said: a scenario that needs none passes all the same, only later.
 */
export async function settle(parts: MachineParts, guest: Guest): Promise<void> {
  const { host, name, machine } = parts;
  if (machine.network !== 'none') {
    const since = performance.now();
    const { loginMs } = host.timeouts;
    let reason = '';
    const connected = guest.channel('ssh', loginMs).catch((error: unknown) => {
      reason = asTapbootError(error).message;
    });
    const waiting = untilStopped(connected, loginMs + GRACE_MS, host.signal);
    const stop = await guest.guard(waiting);
    if (stop?.why === 'abort') throw stop.reason;
    if (guest.readySsh === undefined) {
      const seconds = Math.round((performance.now() - since) / 1000);
      const message = `no SSH into ${name} (${reason}), ${String(seconds)} s waited; boot_to_ssh_seconds stays unknown`;
      host.emit({ type: 'notice', level: 'warning', message });
    }
  }
  host.facts(name, factsOf(parts, guest));
  await tellReachable(parts, guest);
}
