import { SHELL_PORT } from '../shell/start-guest-shell.js';
import type { ConsoleSession } from './quiet-shell.js';
import { awaitedLater } from '../../host/waiting.js';

/** Milliseconds for one process to start; a guest that needs more is asked the sturdy way. */
const START_MS = 20_000;

/** Said when it cannot be done; in two parts, so that an echo of the command does not say it. */
const REFUSED = '@tb-no-shell';
const SAY_REFUSED = `printf '@%s\\n' tb-no-shell`;

const SHELL = { bash: 'bash --norc --noprofile', sh: 'sh' };

/** Options of {@link quickGuestShell}. */
export interface QuickStart {
  /** Resolves when the guest has opened the port; QEMU tells. */
  portOpened(signal: AbortSignal): Promise<unknown>;
  signal?: AbortSignal;
}

/**
 * Starts the shell on the virtio-serial port by one line typed on the console, in a guest
 * that has all it takes: the port's node, and a setsid that forks. This saves loading the
 * console channel's half into the guest, seconds of a boot under emulation.
 * @returns false when the guest says no, or nothing, in time: then `startGuestShell` knows more
 *   ways, and can say what is missing
 * @throws TapbootError guest-dead when the console closes; the signal's reason when aborted
 */
export async function quickGuestShell(
  { console, shell }: ConsoleSession,
  { portOpened, signal }: QuickStart,
): Promise<boolean> {
  const port = `/dev/virtio-ports/${SHELL_PORT}`;
  const over = new AbortController();
  const stop = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const opened = portOpened(stop).then(() => true);
  const from = console.transcript.mark();
  // Without the test, `<>` would make a plain file where there is no port.
  const start = `[ -c ${port} ] && setsid -f ${SHELL[shell]} <>${port} 1>&0 2>/dev/null`;
  console.send(` ${start} || ${SAY_REFUSED}\n`);
  const refused = console
    .expect(REFUSED, { from, timeoutMs: START_MS, signal: stop })
    .then(() => false);
  try {
    return await Promise.race([opened, refused]);
  } catch (error) {
    if (signal?.aborted === true || console.transcript.ended) throw error;
    return false;
  } finally {
    over.abort(new Error('decided'));
    awaitedLater(opened);
    awaitedLater(refused);
  }
}
