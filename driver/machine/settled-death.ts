import { setImmediate as turn } from 'node:timers/promises';
import { untilStopped } from '../host/waiting.js';
import type { TapbootError } from '../errors.js';
import type { Guest } from './guest.js';

/** Milliseconds for QEMU to answer, or to be gone. It takes less than one. */
const MONITOR_MS = 20_000;

/** Resolves once it is certain whether a guest lives: to its death, or to undefined. */
export async function settledDeath(guest: Guest): Promise<TapbootError | undefined> {
  return await guest.watchdog.settle(() => drainConsole(guest));
}

/**
 * Reads all that the guest had said to its serial port before the call, and all events that
 * QEMU had sent by then. QEMU hands a byte to the socket as the guest writes it, and answers
 * its monitor behind that; what is in a socket when the answer is read is read by the turn of
 * the event loop after it, which looks at all sockets again. Of a QEMU that has ended, all it
 * has left behind is read.
 * @returns false when QEMU neither answers nor ends
 */
async function drainConsole({ running, transcript }: Guest): Promise<boolean> {
  const { qmp, process } = running;
  const answered = qmp.execute('query-status').catch(async () => {
    // Only an end of QEMU closes its monitor.
    await process.exited;
    await transcript.whenEnded();
  });
  if ((await untilStopped(answered, MONITOR_MS, undefined)) !== undefined) return false;
  await turn();
  await turn();
  return true;
}
