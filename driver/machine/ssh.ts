import { performance } from 'node:perf_hooks';
import type { Channel } from '../channel/channel.js';
import { SshChannel } from '../channel/ssh/ssh-channel.js';
import { type TapbootError, asTapbootError, infraError, productError } from '../errors.js';
import { untilStopped } from '../host/waiting.js';
import { withArguments } from '../quote.js';
import { authorizeKey, readHostKey, waitForSshd } from './guest-scripts/scripts.generated.js';
import type { RunningMachine } from './qemu/running-machine.js';
import type { VmHost } from './vm-host.js';

/** Milliseconds for a command of the driver's own that should answer at once. */
const OWN_COMMAND_MS = 30_000;

/** What SSH into a guest is opened with. */
export interface SshOpening {
  host: VmHost;
  running: RunningMachine;
  /**
   * A channel with root that stands already: over it the key is installed where the guest
   * did not take the credential, sshd is waited for, and the host key is read. Without one
   * the guest must have taken both credentials.
   */
  root: Channel | undefined;
  /** Pinned host key of a restored machine. */
  hostKey: string | undefined;
  /** True when the guest was handed a host key, which it may have taken. */
  handedHostKey: boolean;
  deadlineMs: number;
  /** Aborted when the machine is closed: nothing is to be waited for then. */
  signal: AbortSignal;
  /** Told as soon as it is known, whether or not the guest ever answers there. */
  onPort(port: number): void;
  /** Told how far it has come. */
  onStage(stage: SshStage): void;
}

/** SSH that a command has returned over, and the key that its server is pinned to. */
export interface OpenedSsh {
  channel: SshChannel;
  hostKey: string;
}

/**
 * Connects to the guest's sshd and has one command run.
 * @throws TapbootError `product` TAPBOOT_E_SSH_NOT_LISTENING when sshd does not come up in
 *   time, `infra` TAPBOOT_E_SSH_NO_NETWORK, and what SshChannel throws
 */
export async function openSsh(opening: SshOpening): Promise<OpenedSsh> {
  try {
    return await open(opening);
  } catch (error) {
    // What breaks while the machine is being closed breaks because of that.
    opening.signal.throwIfAborted();
    throw error;
  }
}

async function open(opening: SshOpening): Promise<OpenedSsh> {
  const { host, root, deadlineMs, signal } = opening;
  const until = performance.now() + deadlineMs;
  const left = (): number => Math.max(1, until - performance.now());
  const port = await opening.running.sshPort();
  if (port === undefined) {
    throw infraError('TAPBOOT_E_SSH_NO_NETWORK', 'this machine has no network', {
      hint: 'SSH needs `machine: { network: isolated }` (the default) or `internet`.',
    });
  }
  opening.onPort(port);
  opening.onStage(root === undefined ? 'unknown' : 'silent');
  if (root === undefined) return await connect(opening, port, host.keys.hostPublicKey, left);
  await prepareOverRoot(root, host, left, opening);
  opening.onStage('listening');
  const handed = opening.handedHostKey ? host.keys.hostPublicKey : undefined;
  const likely = opening.hostKey ?? handed;
  try {
    if (likely !== undefined) return await connect(opening, port, likely, left);
  } catch (error) {
    // Reading the key from the guest takes longer than a connection; so it is asked for only
    // where the guest turns out to have another one.
    if (asTapbootError(error).code !== 'TAPBOOT_E_SSH_HOST_KEY') throw error;
    const own = await ownHostKey(root, signal);
    if (own === undefined || own === likely) throw error;
    return await connectToOwn(opening, port, own, left);
  }
  const own = await ownHostKey(root, signal);
  return await connectToOwn(opening, port, own ?? host.keys.hostPublicKey, left);
}

async function connectToOwn(
  opening: SshOpening,
  port: number,
  hostKey: string,
  left: () => number,
): Promise<OpenedSsh> {
  opening.host.log('ssh host key: the guest made its own; read over the root channel and pinned');
  return await connect(opening, port, hostKey, left);
}

async function connect(
  { host, signal }: SshOpening,
  port: number,
  hostKey: string,
  left: () => number,
): Promise<OpenedSsh> {
  const channel = new SshChannel({
    host: '127.0.0.1',
    port,
    user: 'root',
    hostKey,
    privateKey: host.keys.clientPrivateKey,
    background: host.background === true,
  });
  try {
    await channel.connect(left(), signal);
    await channel.run('true', { timeoutMs: left(), signal });
    return { channel, hostKey };
  } catch (error) {
    await channel.close();
    throw error;
  }
}

async function prepareOverRoot(
  root: Channel,
  host: VmHost,
  left: () => number,
  { deadlineMs, signal }: SshOpening,
): Promise<void> {
  const prepare = withArguments(`${authorizeKey}\n${waitForSshd}`, host.keys.authorizedKey.trim());
  const listening = await root.run(prepare, { timeoutMs: left(), signal });
  if (listening.timedOut) throw tooLate('silent', deadlineMs);
}

/** The guest's own host key, when it can be read. */
async function ownHostKey(root: Channel, signal: AbortSignal): Promise<string | undefined> {
  const read = await root.run(readHostKey, { timeoutMs: OWN_COMMAND_MS, signal });
  const key = read.stdout.trim().split(/\s+/).slice(0, 2).join(' ');
  return key === '' ? undefined : key;
}

/**
 * How far SSH into a guest has come: `silent` while nothing listens on port 22, `listening`
 * while a login is tried, `unknown` where there is no other channel to look over.
 */
export type SshStage = 'silent' | 'listening' | 'unknown';

/**
 * Waits for SSH that is being opened, no longer than one step may take; the opening itself
 * goes on, for the step that comes next.
 * @throws TapbootError `product` TAPBOOT_E_SSH_NOT_LISTENING or TAPBOOT_E_SSH_UNREACHABLE when
 *   it is not there in time; what the opening throws
 */
export async function sshWithin(
  ssh: Promise<SshChannel>,
  withinMs: number,
  stage: () => SshStage,
): Promise<SshChannel> {
  const stop = await untilStopped(ssh, withinMs, undefined);
  if (stop !== undefined) throw tooLate(stage(), withinMs);
  return await ssh;
}

/** Why nobody got into a guest over SSH within that time. */
export function tooLate(stage: SshStage, withinMs: number): TapbootError {
  const expected = `a login over SSH within ${String(Math.round(withinMs / 100) / 10)} s`;
  if (stage === 'silent') {
    return productError('TAPBOOT_E_SSH_NOT_LISTENING', 'nothing listens on port 22 of the guest', {
      expected,
      got: 'no listening socket in /proc/net/tcp',
      hint: 'Is sshd part of the image, and its unit enabled? See its journal in the diagnostics.',
    });
  }
  return productError('TAPBOOT_E_SSH_UNREACHABLE', 'no login over SSH', {
    expected,
    got:
      stage === 'listening'
        ? 'sshd listens, but no login has come to an end'
        : 'nobody answers, and there is no other channel to look over',
    hint: 'See the journal of sshd and `ip addr` in the diagnostics.',
  });
}
