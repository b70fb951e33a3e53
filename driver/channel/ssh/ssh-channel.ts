import type { Client } from 'ssh2';
import { guestDead, infraError, scenarioError } from '../../errors.js';
import type { Channel, CommandResult, RunOptions } from '../channel.js';
import { DEFAULT_OUTPUT_LIMIT } from '../limits.js';
import { untilStopped } from '../../host/waiting.js';
import { connectSsh, type SshTarget } from './connection.js';
import { transfer, type TransferLimits } from './sftp.js';
import { SshCommand, type RemoteShell, type SshEnding } from './ssh-command.js';

const TERM_GRACE_MS = 1000;
const KILL_INTERVAL_MS = 1000;
const KILL_ROUNDS = 5;

/** Milliseconds for a connection that is made on demand, when sshd is known to be there. */
const RECONNECT_MS = 30_000;

/** Time for the question which shell root has. */
const PROBE_MS = 30_000;

/**
 * Real SSH, one held connection: made when first needed, and made anew when it was lost
 * (a restored machine knows nothing of its old connections). Several commands may run at
 * once, up to the server's MaxSessions.
 */
export class SshChannel implements Channel {
  readonly name = 'ssh';
  readonly target: SshTarget;
  #client: Promise<Client> | undefined;
  #shell: RemoteShell | undefined;
  readonly #stop = new AbortController();
  #closed = false;

  constructor(target: SshTarget) {
    this.target = target;
  }

  /**
   * Makes sure that the connection stands.
   * @param timeoutMs milliseconds for all attempts together
   * @throws TapbootError as `connectSsh`
   */
  async connect(timeoutMs: number = RECONNECT_MS, signal?: AbortSignal): Promise<void> {
    await this.#connected(timeoutMs, signal);
  }

  async run(command: string, options: RunOptions): Promise<CommandResult> {
    if (command.includes('\0')) {
      throw scenarioError('TAPBOOT_E_COMMAND_NUL', 'a command cannot contain a NUL character');
    }
    const { signal, timeoutMs } = options;
    const client = await this.#connected(Math.max(RECONNECT_MS, options.timeoutMs), signal);
    const shell = (this.#shell ??= await remoteShell(client));
    const running = new SshCommand(client, options.outputLimit ?? DEFAULT_OUTPUT_LIMIT);
    const started = performance.now();
    running.start(command, shell, options.stdin);
    const stop = await untilStopped(running.ended.promise, timeoutMs, signal);
    const ending = stop === undefined ? await running.ended.promise : await kill(running);
    if (stop?.why === 'abort') throw stop.reason;
    return {
      channel: 'ssh',
      command,
      stdout: running.stdout.text(),
      stderr: running.stderr.text(),
      stderrSeparate: true,
      exitStatus: stop === undefined ? (ending?.status ?? null) : null,
      durationMs: performance.now() - started,
      timedOut: stop !== undefined,
      dropped: { stdout: running.stdout.dropped, stderr: running.stderr.dropped },
    };
  }

  /**
   * Copies a file of the host into the guest by SFTP, readable for its owner alone.
   * @throws TapbootError as `transfer`
   */
  async upload(hostPath: string, guestPath: string, limits: TransferLimits): Promise<void> {
    const what = `${hostPath} to the guest's ${guestPath}`;
    const client = await this.#connected(limits.timeoutMs, limits.signal);
    await transfer(client, what, limits, (sftp, step, done) =>
      sftp.fastPut(hostPath, guestPath, { mode: 0o600, step }, done),
    );
  }

  /**
   * Copies a file of the guest to the host by SFTP.
   * @returns its bytes
   * @throws TapbootError as `transfer`
   */
  async download(guestPath: string, hostPath: string, limits: TransferLimits): Promise<number> {
    const what = `the guest's ${guestPath} to ${hostPath}`;
    const client = await this.#connected(limits.timeoutMs, limits.signal);
    return await transfer(client, what, limits, (sftp, step, done) =>
      sftp.fastGet(guestPath, hostPath, { step }, done),
    );
  }

  /** Ends the connection. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    // A connection that is being made is given up: the guest may be gone already.
    this.#stop.abort(guestDead('TAPBOOT_E_SSH_CLOSED', 'the SSH channel has been closed'));
    // One that was never made is nothing to end.
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    client?.destroy();
  }

  /** Forgets the connection, which a restored machine does not know; the next use makes one. */
  drop(): void {
    const old = this.#client;
    this.#client = undefined;
    void old?.then(
      (client) => client.destroy(),
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #connected(timeoutMs = RECONNECT_MS, signal?: AbortSignal): Promise<Client> {
    if (this.#closed) throw guestDead('TAPBOOT_E_SSH_CLOSED', 'the SSH channel has been closed');
    const connecting = (this.#client ??= this.#open(timeoutMs, signal));
    return await connecting;
  }

  async #open(timeoutMs: number, signal?: AbortSignal): Promise<Client> {
    try {
      const stop = this.#stop.signal;
      const either = signal === undefined ? stop : AbortSignal.any([signal, stop]);
      const client = await connectSsh(this.target, timeoutMs, either);
      const opened = this.#client;
      client.once('close', () => {
        if (this.#client === opened) this.#client = undefined;
      });
      return client;
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }
}

async function remoteShell(client: Client): Promise<RemoteShell> {
  const probe = new SshCommand(client, 4096);
  probe.start(
    'if [ -n "$BASH_VERSION" ]; then echo bash; elif command -v bash >/dev/null; then echo bash-by-exec; else echo sh; fi',
    'sh',
    undefined,
  );
  const ending = await probe.ended.within(PROBE_MS);
  const answer = probe.stdout.text().trim();
  if (ending !== undefined && (answer === 'bash' || answer === 'bash-by-exec' || answer === 'sh')) {
    return answer;
  }
  throw infraError('TAPBOOT_E_SSH_SHELL', 'root’s login shell in the guest runs no commands', {
    expected: 'a POSIX shell',
    got: answer === '' ? probe.stderr.text().trim() || 'no answer' : answer,
  });
}

async function kill(running: SshCommand): Promise<SshEnding | undefined> {
  running.kill('TERM');
  let ending = await running.ended.within(TERM_GRACE_MS);
  for (let round = 0; ending === undefined && round < KILL_ROUNDS; round++) {
    running.kill('KILL');
    ending = await running.ended.within(KILL_INTERVAL_MS);
  }
  return ending;
}
