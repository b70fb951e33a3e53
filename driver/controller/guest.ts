import { performance } from 'node:perf_hooks';
import type { Channel, ChannelName } from '../channel/channel.js';
import { ConsoleChannel } from '../channel/console/console-channel.js';
import { Console } from '../channel/console/console.js';
import { login } from '../channel/console/login.js';
import { ConsoleTranscript, type CarriedConsole } from '../channel/console/transcript.js';
import { ShellChannel } from '../channel/shell/shell-channel.js';
import { startGuestShell } from '../channel/shell/start-guest-shell.js';
import { SshChannel } from '../channel/ssh/ssh-channel.js';
import { asTapbootError, infraError, productError, type TapbootError } from '../errors.js';
import type { GuestAccess } from '../image/image.js';
import { SHELL_PORT } from '../qemu/machine.js';
import type { RunningMachine } from '../qemu/running-machine.js';
import { Scope } from '../scope.js';
import { Watchdog } from '../watchdog/watchdog.js';
import type { SerialLog } from './serial-log.js';
import type { VmHost } from './vm-host.js';
import { installAuthorizedKey, READ_HOST_KEY, WAIT_FOR_SSHD } from './wait-for-sshd.js';

/** Milliseconds for a command of the driver's own that should answer at once. */
const OWN_COMMAND_MS = 30_000;

/** Seconds from QEMU's start; what is not known is absent. */
export interface GuestTimings {
  bootToLoginSeconds?: number;
  bootToSshSeconds?: number;
}

/** Options of {@link Guest.attach}. */
export interface GuestOptions {
  host: VmHost;
  running: RunningMachine;
  /** `performance.now()` when QEMU was started. */
  startedAt: number;
  log: SerialLog;
  /** What the console had said before, of a restored machine. */
  carried?: CarriedConsole;
}

/**
 * What talks to the system inside one QEMU process: console, shell and SSH, and the
 * watchdog over them. A reboot makes a new one.
 */
export class Guest implements AsyncDisposable {
  readonly running: RunningMachine;
  readonly transcript: ConsoleTranscript;
  readonly console: Console;
  readonly watchdog: Watchdog;
  /** Rejects with `guest-dead` when the machine is lost unasked; never resolves. */
  readonly lost: Promise<never>;
  readonly #host: VmHost;
  readonly #startedAt: number;
  readonly #scope = new Scope();
  #consoleChannel: ConsoleChannel | undefined;
  #shell: ShellChannel | undefined;
  #shellProblem: string | undefined;
  #ssh: Promise<SshChannel> | undefined;
  #readySsh: SshChannel | undefined;
  #sshPort: number | undefined;
  hostKey: string | undefined;
  readonly timings: GuestTimings = {};

  private constructor(options: GuestOptions) {
    const { host, running } = options;
    this.#host = host;
    this.running = running;
    this.#startedAt = options.startedAt;
    this.transcript = new ConsoleTranscript({
      sink: options.log,
      clock: () => performance.now() - options.startedAt,
      ...(options.carried === undefined ? {} : { carried: options.carried }),
    });
    this.console = new Console(running.console, this.transcript, {
      logTyped: (line) => {
        host.log(`console typed: ${line}`);
      },
    });
    this.watchdog = new Watchdog({
      transcript: this.transcript,
      bootSilenceMs: host.timeouts.spawnMs,
      onFinding: ({ severity, message, line }) => {
        host.log(`console shows (${severity}): ${message}: ${line.trim()}`);
      },
    });
    this.#scope.defer(
      running.qmp.onEvent((event) => {
        host.log(`qmp event ${event.name} ${JSON.stringify(event.data)}`);
        this.watchdog.onQmpEvent(event.name, event.data);
      }),
    );
    void running.process.exited.then((exit) => {
      this.watchdog.onProcessExit(exit);
    });
    this.lost = this.watchdog.death.then((error: TapbootError) => {
      throw error;
    });
    this.lost.catch(() => undefined);
  }

  static attach(options: GuestOptions): Guest {
    return new Guest(options);
  }

  /** Seconds since QEMU's start. */
  #age(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** Makes a restored guest's past its own: it has long been booted and logged in to. */
  takeOver(state: { timings: GuestTimings; hostKey: string | undefined }): void {
    Object.assign(this.timings, state.timings);
    this.hostKey = state.hostKey;
    this.watchdog.booted();
  }

  /** `work`, unless the machine dies first. */
  async guard<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([work, this.lost]);
  }

  /**
   * Becomes root on the console and starts the shell on the virtio-serial port from there.
   * A guest without such a port keeps the console; why is remembered.
   */
  async becomeRoot(access: GuestAccess, deadlineMs: number): Promise<void> {
    const session = await this.guard(
      login(this.console, access, {
        timeoutMs: deadlineMs,
        onPrompt: () => {
          this.timings.bootToLoginSeconds ??= this.#age();
        },
        ...(this.#host.signal === undefined ? {} : { signal: this.#host.signal }),
      }),
    );
    this.timings.bootToLoginSeconds ??= this.#age();
    this.watchdog.booted();
    this.#consoleChannel = new ConsoleChannel(session);
    try {
      await this.guard(startGuestShell(this.#consoleChannel, SHELL_PORT));
      await this.attachShell();
    } catch (error) {
      const problem = asTapbootError(error);
      if (problem.failureClass === 'guest-dead') throw problem;
      this.#shellProblem = problem.message;
      this.#host.emit({
        type: 'notice',
        level: 'warning',
        message: `no shell channel, commands go over ssh or console: ${problem.message}`,
      });
    }
  }

  /** Makes contact with the shell that runs in the guest (also of a restored machine). */
  async attachShell(): Promise<ShellChannel> {
    const shell = await this.guard(
      ShellChannel.attach(this.running.shell, { timeoutMs: OWN_COMMAND_MS }),
    );
    this.#shell = shell;
    this.watchdog.watchHeartbeat((timeoutMs) => shell.heartbeat(timeoutMs));
    return shell;
  }

  /** Begins to connect over SSH in the background; `channel('ssh')` waits for it. */
  startSsh(deadlineMs: number): void {
    if (this.#ssh !== undefined) return;
    this.#ssh = this.#connectSsh(deadlineMs);
    this.#ssh.catch(() => undefined);
  }

  async #connectSsh(deadlineMs: number): Promise<SshChannel> {
    const until = performance.now() + deadlineMs;
    const left = (): number => Math.max(1, until - performance.now());
    const root = this.#shell ?? this.#consoleChannel;
    const port = await this.guard(this.running.sshPort());
    this.#sshPort = port;
    if (port === undefined) {
      throw infraError('TAPBOOT_E_SSH_NO_NETWORK', 'this machine has no network', {
        hint: 'SSH needs `machine: { network: isolated }` (the default) or `internet`.',
      });
    }
    const { keys } = this.#host;
    if (root !== undefined) {
      await this.guard(
        root.run(installAuthorizedKey(keys.authorizedKey), { timeoutMs: OWN_COMMAND_MS }),
      );
      const listening = await this.guard(root.run(WAIT_FOR_SSHD, { timeoutMs: left() }));
      if (listening.timedOut) {
        throw productError('TAPBOOT_E_SSH_NOT_LISTENING', 'nothing listens on port 22 of the guest', {
          expected: `sshd within ${String(Math.round(deadlineMs / 1000))} s of the login`,
          got: 'no listening socket in /proc/net/tcp',
          hint: 'Is sshd part of the image, and its unit enabled?',
        });
      }
      const read = await this.guard(root.run(READ_HOST_KEY, { timeoutMs: OWN_COMMAND_MS }));
      const own = read.stdout.trim().split(/\s+/).slice(0, 2).join(' ');
      if (own !== '') this.hostKey = own;
      if (own !== '' && own !== keys.hostPublicKey) {
        this.#host.log('ssh host key: the guest made its own; read over the root shell and pinned');
      }
    }
    const ssh = this.#scope.use(
      new SshChannel({
        ...{ host: '127.0.0.1', port, user: 'root', connectTimeoutMs: left() },
        privateKey: keys.clientPrivateKey,
        hostKey: this.hostKey ?? keys.hostPublicKey,
        background: this.#host.background === true,
      }),
    );
    await this.guard(ssh.run('true', { timeoutMs: left() }));
    this.timings.bootToSshSeconds ??= this.#age();
    this.#readySsh = ssh;
    return ssh;
  }

  /** The channel demanded, or the best one ready. */
  async channel(name?: ChannelName): Promise<Channel> {
    const wanted = name ?? this.#best();
    if (wanted === 'ssh') {
      this.startSsh(this.#host.timeouts.loginMs);
      return await this.guard(this.#ssh as Promise<SshChannel>);
    }
    const channel = wanted === 'shell' ? this.#shell : this.#consoleChannel;
    if (channel !== undefined) return channel;
    throw infraError('TAPBOOT_E_CHANNEL', `the channel ${wanted} is not available`, {
      got: (wanted === 'shell' ? this.#shellProblem : undefined) ?? 'nobody is logged in there',
    });
  }

  #best(): ChannelName {
    if (this.#shell !== undefined) return 'shell';
    return this.#readySsh !== undefined || this.#consoleChannel === undefined ? 'ssh' : 'console';
  }

  get shell(): ShellChannel | undefined {
    return this.#shell;
  }

  /** The SSH channel, once a command has returned over it. */
  get readySsh(): SshChannel | undefined {
    return this.#readySsh;
  }

  /** Host port of the SSH forward, once it is known. */
  get sshPort(): number | undefined {
    return this.#sshPort;
  }

  async close(): Promise<void> {
    this.watchdog.stop();
    await this.#scope.close();
    await this.running.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
