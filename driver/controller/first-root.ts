import type { Channel } from '../channel/channel.js';
import { ConsoleChannel } from '../channel/console/console-channel.js';
import type { Console } from '../channel/console/console.js';
import { login } from '../channel/console/login.js';
import type { ConsoleSession } from '../channel/console/quiet-shell.js';
import { asTapbootError } from '../errors.js';
import type { GuestAccess } from '../image/image.js';

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
  /** The other way in, by the credential alone. */
  overSsh(): Promise<Channel>;
  warn(message: string): void;
}

/** The first channel with root; `console` when it is that one. */
export interface FirstRoot {
  channel: Channel;
  console: ConsoleChannel | undefined;
}

/**
 * Becomes root on the console; where it lets nobody in, over SSH by the credential.
 * @throws TapbootError of the login when both ways are shut; `guest-dead`
 */
export async function firstRoot(options: FirstRootOptions): Promise<FirstRoot> {
  const { access, deadlineMs: timeoutMs, signal, onPrompt } = options;
  const how = { timeoutMs, onPrompt, ...(signal === undefined ? {} : { signal }) };
  const enter = async (): Promise<ConsoleSession> => await login(options.console, access, how);
  try {
    const console = new ConsoleChannel(await options.guard(enter()), enter);
    return { channel: console, console };
  } catch (error) {
    const problem = asTapbootError(error);
    if (problem.code !== 'TAPBOOT_E_LOGIN_REFUSED' || access.root === 'console') throw problem;
    options.warn(`no login on the console, root comes over SSH: ${problem.message}`);
    try {
      return { channel: await options.overSsh(), console: undefined };
    } catch (cause) {
      const ssh = asTapbootError(cause);
      if (ssh.failureClass === 'guest-dead' && ssh.code !== 'TAPBOOT_E_SSH_UNREACHABLE') throw ssh;
      // Both ways in are shut; which one was meant to be open is for the reader to know.
      options.warn(`nor over SSH: ${ssh.message}`);
      throw problem;
    }
  }
}
