import type { Channel } from '../channel/channel.js';
import { ConsoleChannel, type Renew } from '../channel/console/console-channel.js';
import type { Console } from '../channel/console/console.js';
import { login } from '../channel/console/login.js';
import type { ConsoleSession } from '../channel/console/quiet-shell.js';
import { quickGuestShell } from '../channel/console/quick-guest-shell.js';
import { asTapbootError } from '../errors.js';
import type { GuestAccess } from '../language/guest-access.js';
import { SHELL_PORT_ID } from './qemu/arguments.js';
import type { QmpEvent } from './qemu/qmp.js';
import type { RunningMachine } from './qemu/running-machine.js';

/** What the first way to root needs. */
export interface FirstRootOptions {
  console: Console;
  access: GuestAccess;
  deadlineMs: number;
  signal: AbortSignal | undefined;
  /** The work, unless the machine dies first. */
  guard<T>(work: Promise<T>): Promise<T>;
  /** Called when a login prompt or a shell is first seen. */
  onPrompt(): void;
  /** Resolves when the guest has opened the driver's virtio-serial port. */
  portOpened(signal: AbortSignal): Promise<unknown>;
  /** The other way in, by the credential alone. */
  overSsh(): Promise<Channel>;
  warn(message: string): void;
}

/** Commands over a console that was in use before: somebody is logged in, or can log in. */
export function consoleAgain(
  console: Console,
  access: GuestAccess,
  signal: AbortSignal | undefined,
): ConsoleChannel {
  const renew = loginAgain(console, access, signal);
  return new ConsoleChannel({ console, shell: 'sh', typedBytes: -1 }, renew);
}

function loginAgain(console: Console, access: GuestAccess, signal: AbortSignal | undefined): Renew {
  const how = { again: true, signal };
  return async (timeoutMs) => await login(console, access, { ...how, timeoutMs });
}

/** The first channel with root; `console` when it is that one. */
export interface FirstRoot {
  channel: Channel;
  console: ConsoleChannel | undefined;
  /** True when a shell has been started on the virtio-serial port already. */
  shellStarted: boolean;
}

/** Waits for QEMU to tell that the guest has opened the driver's port (VSERPORT_CHANGE). */
export async function shellPortOpened(machine: RunningMachine, signal: AbortSignal): Promise<void> {
  const isOpen = ({ data }: QmpEvent): boolean =>
    data['id'] === SHELL_PORT_ID && data['open'] === true;
  await machine.qmp.nextEvent('VSERPORT_CHANGE', isOpen, signal);
}

/**
 * Becomes root on the console; where it lets nobody in, over SSH by the credential.
 * @throws TapbootError of the login when both ways are shut; `guest-dead`
 */
export async function firstRoot(options: FirstRootOptions): Promise<FirstRoot> {
  const { access, deadlineMs: timeoutMs, signal, onPrompt } = options;
  const how = { timeoutMs, onPrompt, signal };
  const enter = async (): Promise<ConsoleSession> => await login(options.console, access, how);
  try {
    const session = await options.guard(enter());
    const { portOpened } = options;
    const shellStarted = await options.guard(quickGuestShell(session, { portOpened, ...how }));
    const typedBytes = session.console.typedBytes;
    const renew = loginAgain(options.console, access, signal);
    const console = new ConsoleChannel({ ...session, typedBytes }, renew);
    return { channel: console, console, shellStarted };
  } catch (error) {
    const problem = asTapbootError(error);
    if (problem.code !== 'TAPBOOT_E_LOGIN_REFUSED' || access.root === 'console') throw problem;
    options.warn(`no login on the console, root comes over SSH: ${problem.message}`);
    try {
      return { channel: await options.overSsh(), console: undefined, shellStarted: false };
    } catch (cause) {
      const ssh = asTapbootError(cause);
      if (ssh.failureClass === 'guest-dead' && ssh.code !== 'TAPBOOT_E_SSH_UNREACHABLE') throw ssh;
      // Both ways in are shut; which one was meant to be open is for the reader to know.
      options.warn(`nor over SSH: ${ssh.message}`);
      throw problem;
    }
  }
}
