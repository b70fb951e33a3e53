import { connect } from 'node:net';
import ssh2, { type Client } from 'ssh2';
import { guestDead, infraError, type TapbootError } from '../../errors.js';
import { sleep as delay, timerMs } from '../../host/timers.js';
import { fingerprintOf, fingerprintOfBlob, keyBlob } from './key-pair.js';

/** Where and as whom to log in. */
export interface SshTarget {
  host: string;
  port: number;
  /** Default: root. */
  user?: string;
  /** OpenSSH private key. */
  privateKey: string;
  /** The guest's host key, `ssh-ed25519 AAAA…`: any other is refused. */
  hostKey: string;
  /** The connection does not keep the process alive; then it has no keep-alive of its own either. */
  background?: boolean;
}

/** One attempt may take so long: a lost SYN is then tried anew instead of backed off. */
const ATTEMPT_MS = 10_000;
const RETRY_MS = 250;
/** A held connection that answers nothing for 3 × this is dead. */
const KEEPALIVE_MS = 10_000;

/**
 * Connects and logs in. Refused and broken connections are tried again until the deadline; a
 * wrong host key or a refused login are final.
 * @param timeoutMs milliseconds for all attempts together
 * @throws TapbootError infra for a wrong host key or refused login, guest-dead on timeout
 */
export async function connectSsh(
  target: SshTarget,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Client> {
  const deadline = performance.now() + timeoutMs;
  let last = 'no attempt was made';
  for (;;) {
    signal?.throwIfAborted();
    const left = deadline - performance.now();
    if (left <= 0) throw unreachable(target, timeoutMs, last);
    const attempt = await tryOnce(target, Math.min(left, ATTEMPT_MS), signal);
    signal?.throwIfAborted();
    if (attempt.client !== undefined) return attempt.client;
    if (attempt.final !== undefined) throw attempt.final;
    last = attempt.reason;
    await delay(Math.min(RETRY_MS, left), undefined, { signal });
  }
}

type Attempt =
  | { client: Client }
  | { client?: undefined; final: TapbootError; reason: string }
  | { client?: undefined; final?: undefined; reason: string };

async function tryOnce(
  target: SshTarget,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  const client = new ssh2.Client();
  let offered: string | undefined;
  const wanted = keyBlob(target.hostKey);
  return await new Promise((resolve) => {
    const onAbort = (): void => {
      client.on('error', () => undefined).destroy();
      resolve({ reason: 'given up' });
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    // A peer that goes away in the middle of the handshake is no error to ssh2, only an end.
    client.once('close', () => {
      signal?.removeEventListener('abort', onAbort);
      resolve({ reason: 'the connection was closed during the handshake' });
    });
    client.once('ready', () => {
      signal?.removeEventListener('abort', onAbort);
      client.removeAllListeners('error').on('error', () => undefined);
      client.setNoDelay(true);
      resolve({ client });
    });
    client.once('error', (error) => {
      client.on('error', () => undefined);
      client.end();
      const reason = error.message;
      if (offered !== undefined) {
        resolve({ reason, final: wrongHostKey(target, offered) });
      } else if ('level' in error && error.level === 'client-authentication') {
        resolve({ reason, final: loginRefused(target) });
      } else resolve({ reason });
    });
    client.connect({
      ...connectionOf(target),
      username: target.user ?? 'root',
      privateKey: target.privateKey,
      readyTimeout: timerMs(timeoutMs),
      // A server shows one key of the negotiated kind: ask for the kind that is pinned.
      algorithms: { serverHostKey: [hostKeyType(target.hostKey)] },
      hostVerifier: (key: Buffer) => {
        if (key.equals(wanted)) return true;
        offered = fingerprintOfBlob(key);
        return false;
      },
    });
  });
}

/** ssh2 has no unref: a socket that is to have it comes from here, and its timer is left out. */
function connectionOf({ host, port, background }: SshTarget) {
  if (background !== true) return { host, port, keepaliveInterval: KEEPALIVE_MS };
  return { sock: connect({ host, port }).unref(), keepaliveInterval: 0 };
}

type HostKeyType = 'ssh-ed25519' | 'ecdsa-sha2-nistp256' | 'rsa-sha2-512';

function hostKeyType(hostKey: string): HostKeyType {
  const type = hostKey.trim().split(/\s+/)[0];
  if (type === 'ssh-ed25519' || type === 'ecdsa-sha2-nistp256') return type;
  // An RSA key is pinned by its blob; the signature algorithm has another name (RFC 8332).
  if (type === 'ssh-rsa') return 'rsa-sha2-512';
  throw infraError('TAPBOOT_E_SSH_HOST_KEY', `the host key is of an unknown type: ${String(type)}`);
}

const place = ({ host, port, user = 'root' }: SshTarget): string =>
  `${user}@${host}:${String(port)}`;

const wrongHostKey = (target: SshTarget, offered: string): TapbootError =>
  infraError('TAPBOOT_E_SSH_HOST_KEY', `${place(target)} has a host key other than the guest's`, {
    expected: fingerprintOf(target.hostKey),
    got: offered,
    hint: 'Either another server answers on that port, or the guest made new host keys.',
  });

const loginRefused = (target: SshTarget): TapbootError =>
  infraError('TAPBOOT_E_SSH_LOGIN', `${place(target)} refuses the driver's key`, {
    expected: 'login by public key',
    got: 'authentication failed',
    hint: 'Did the guest install the credential ssh.authorized_keys.root? `access=console` installs the key over the console.',
  });

const unreachable = (target: SshTarget, timeoutMs: number, last: string): TapbootError =>
  guestDead('TAPBOOT_E_SSH_UNREACHABLE', `no SSH connection to ${place(target)}`, {
    expected: `a login within ${String(timeoutMs / 1000)} s`,
    got: last,
    hint: 'serial.log shows whether sshd started and the network came up.',
  });
