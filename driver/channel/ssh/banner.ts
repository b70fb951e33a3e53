import { connect } from 'node:net';
import { guestDead } from '../../errors.js';
import { sleep as delay, startTimer } from '../../host/timers.js';

/** Between two attempts, when the guest refused one. */
const RETRY_MS = 200;

export interface BannerOptions {
  /** Milliseconds from now until the server must have greeted. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/**
 * Waits until an SSH server greets on `host:port`.
 *
 * Call it when something else says that sshd listens (a unit's state, a port seen from
 * within), not as a poll from the first second on: while the guest has no network, QEMU's
 * user network backs off between SYNs and adds up to 7 s, and OpenSSH ≥ 9.8 punishes
 * connections that never log in.
 * @returns the greeting, e.g. `SSH-2.0-OpenSSH_9.2p1`
 * @throws TapbootError guest-dead on timeout; `signal.reason` when aborted
 */
export async function waitForSshBanner(
  host: string,
  port: number,
  { timeoutMs, signal }: BannerOptions,
): Promise<string> {
  const deadline = performance.now() + timeoutMs;
  let last = 'no attempt was made';
  for (;;) {
    signal?.throwIfAborted();
    const left = deadline - performance.now();
    if (left <= 0) {
      throw guestDead('TAPBOOT_E_SSH_BANNER', `no SSH server greets on ${host}:${String(port)}`, {
        expected: `SSH-2.0-… within ${String(timeoutMs / 1000)} s`,
        got: last,
        hint: 'Look at `systemctl status ssh sshd` and `ip address` in the guest, by its console.',
      });
    }
    const answer = await readBanner(host, port, left);
    if (answer.banner !== undefined) return answer.banner;
    last = answer.reason;
    await delay(Math.min(RETRY_MS, left));
  }
}

type Answer = { banner: string } | { banner?: undefined; reason: string };

/** One connection; it ends with the greeting, a refusal, or the timeout. */
async function readBanner(host: string, port: number, timeoutMs: number): Promise<Answer> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    let text = '';
    const finish = (answer: Answer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = startTimer(() => finish({ reason: 'the connection stayed silent' }), timeoutMs);
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => {
      text += piece;
      // RFC 4253 §4.2: lines before the version string are allowed.
      const banner = /^(SSH-[^\r\n]*)\r?\n/m.exec(text)?.[1];
      if (banner !== undefined) finish({ banner });
    });
    socket.once('error', (error) => finish({ reason: error.message }));
    socket.once('close', () =>
      finish({ reason: text === '' ? 'the connection was closed at once' : `it said ${text}` }),
    );
  });
}
