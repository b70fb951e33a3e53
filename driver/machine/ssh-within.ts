import type { SshChannel } from '../channel/ssh/ssh-channel.js';
import { untilStopped } from '../host/until-stopped.js';
import { productError, type TapbootError } from '../errors.js';

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
