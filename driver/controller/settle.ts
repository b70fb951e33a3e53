import { untilStopped } from '../channel/until-stopped.js';
import { factsOf, tellReachable, type MachineParts } from './boot-sequence.js';
import type { Guest } from './guest.js';

/** Waits for SSH of a machine that has a network; see BootImageVM.settle. */
export async function settle(parts: MachineParts, guest: Guest): Promise<void> {
  const { host, name, machine } = parts;
  if (machine.network !== 'none') {
    const connected = guest.channel('ssh').catch(() => undefined);
    const waiting = untilStopped(connected, host.timeouts.loginMs, host.signal);
    const stop = await guest.guard(waiting);
    if (stop?.why === 'abort') throw stop.reason;
  }
  host.facts(name, factsOf(parts, guest));
  await tellReachable(parts, guest);
}
