import { performance } from 'node:perf_hooks';
import type { Channel } from '../channel/channel.js';
import type { ChannelName } from '../language/step-base.js';
import type { ConsoleChannel } from '../channel/console/console-channel.js';
import { Console } from '../channel/console/console.js';
import { ConsoleTranscript } from '../channel/console/transcript.js';
import { ShellChannel } from '../channel/shell/shell-channel.js';
import { startGuestShell } from '../channel/shell/start-guest-shell.js';
import type { SshChannel } from '../channel/ssh/ssh-channel.js';
import { asTapbootError, guestDead, infraError, type TapbootError } from '../errors.js';
import type { GuestAccess } from '../language/guest-access.js';
import { SHELL_PORT } from './qemu/arguments.js';
import type { RunningMachine } from './qemu/running-machine.js';
import { Scope } from '../scope.js';
import { sleep } from '../host/timers.js';
import { FLUSH_CONSOLE } from './watchdog/flush-console.js';
import type { Watchdog } from './watchdog/watchdog.js';
import { consoleAgain, firstRoot, shellPortOpened } from './first-root.js';
import { guestAge } from './snapshot/guest-age.js';
import type { GuestOptions, GuestPast, GuestTimings } from './guest-options.js';
import { readCommandLine } from './kernel-command-line.js';
import { openSsh } from './ssh.js';
import { sshWithin, type SshStage } from './ssh-within.js';
import type { VmHost } from './vm-host.js';
import { watchGuest } from './watch-guest.js';

/** Milliseconds for a command of the driver's own that should answer at once. */
const OWN_COMMAND_MS = 30_000;

/** Milliseconds for the watchdog to say why a connection was lost. */
const DEATH_NEWS_MS = 2000;

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
  readonly #closing = new AbortController();
  #consoleChannel: ConsoleChannel | undefined;
  #shell: ShellChannel | undefined;
  #shellProblem: string | undefined;
  #ssh: Promise<SshChannel> | undefined;
  #dead = false;
  #access: GuestAccess | undefined;
  #readySsh: SshChannel | undefined;
  #sshPort: number | undefined;
  #sshStage: SshStage = 'silent';
  hostKey: string | undefined;
  /** /proc/cmdline, once root has read it. */
  commandLine: string | undefined;
  readonly timings: GuestTimings = {};
  /** The most seconds that the guest's kernel can have run; `Infinity`: nobody knows. */
  readonly age: () => number;

  constructor(options: GuestOptions) {
    const { host, running } = options;
    this.#host = host;
    this.running = running;
    this.#startedAt = options.startedAt;
    this.age = guestAge(options.startedAt, options.pastSeconds ?? 0);
    const clock = (): number => performance.now() - options.startedAt;
    this.transcript = new ConsoleTranscript({ sink: options.log, clock, carried: options.carried });
    const logTyped = (line: string): void => {
      host.log(`console typed: ${line}`);
    };
    this.console = new Console(running.console, this.transcript, { logTyped });
    this.watchdog = watchGuest(this, host, this.#scope);
    this.lost = this.watchdog.death.then((error: TapbootError) => {
      this.#dead = true;
      throw error;
    });
    this.lost.catch(() => undefined);
  }

  /** True once the machine has been lost unasked: nothing in it answers any more. */
  get dead(): boolean {
    return this.#dead;
  }

  /** Seconds since QEMU's start. */
  #sinceStart(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** Makes a restored guest's past its own: it has long been booted and logged in to. */
  takeOver(state: GuestPast): void {
    Object.assign(this.timings, state.timings);
    this.hostKey = state.hostKey;
    this.watchdog.booted();
    if (state.consoleLogin !== true || state.unasked === true) return;
    this.#consoleChannel = consoleAgain(this.console, state.image.access, this.#host.signal);
  }

  /**
   * `work`, unless the machine dies first. A dying machine first shows as a lost connection;
   * the watchdog is given a moment to say why.
   */
  async guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, this.lost]);
    } catch (error) {
      if (asTapbootError(error).failureClass !== 'guest-dead') throw error;
      await Promise.race([this.lost, sleep(DEATH_NEWS_MS)]);
      throw error;
    }
  }

  /**
   * Becomes root on the console and starts the shell on the virtio-serial port from there.
   * A guest without such a port keeps the console; why is remembered.
   */
  async becomeRoot(access: GuestAccess, deadlineMs: number): Promise<void> {
    this.#access = access;
    const {
      channel: root,
      console,
      shellStarted,
    } = await firstRoot({
      console: this.console,
      access,
      deadlineMs,
      signal: this.#host.signal,
      guard: (work) => this.guard(work),
      onPrompt: () => {
        this.timings.bootToLoginSeconds ??= this.#sinceStart();
      },
      overSsh: () => this.channel('ssh'),
      portOpened: (signal) => shellPortOpened(this.running, signal),
      warn: (message) => {
        this.#warn(message);
      },
    });
    this.#consoleChannel = console;
    this.timings.bootToLoginSeconds ??= this.#sinceStart();
    this.watchdog.booted();
    try {
      if (!shellStarted) await this.guard(startGuestShell(root, SHELL_PORT));
      await this.attachShell();
    } catch (error) {
      const problem = asTapbootError(error);
      if (problem.failureClass === 'guest-dead') throw problem;
      this.#shellProblem = problem.message;
      this.#warn(`no shell channel, commands go over ssh or console: ${problem.message}`);
    }
    this.commandLine = this.#shell?.commandLine ?? (await this.guard(readCommandLine(root)));
  }

  #warn(message: string): void {
    this.#host.emit({ type: 'notice', level: 'warning', message });
  }

  /** Makes contact with the shell that runs in the guest (also of a restored machine). */
  async attachShell(): Promise<ShellChannel> {
    const shell = await this.guard(
      ShellChannel.attach(this.running.shell, { timeoutMs: OWN_COMMAND_MS }),
    );
    this.#shell = shell;
    this.watchdog.watchHeartbeat(
      (timeoutMs) => shell.heartbeat(timeoutMs),
      (timeoutMs) => shell.heartbeat(timeoutMs, FLUSH_CONSOLE),
    );
    return shell;
  }

  /** Begins to connect over SSH in the background; `channel('ssh')` waits for it. */
  startSsh(deadlineMs: number): void {
    if (this.#ssh !== undefined) return;
    this.#ssh = this.#connectSsh(deadlineMs);
    // A failure is for who demands SSH; who demands it again tries again.
    this.#ssh.catch(() => {
      this.#ssh = undefined;
    });
  }

  async #connectSsh(deadlineMs: number): Promise<SshChannel> {
    const opened = await this.guard(
      openSsh({
        host: this.#host,
        running: this.running,
        hostKey: this.hostKey,
        deadlineMs,
        root: this.#shell ?? this.#consoleChannel,
        signal: this.#closing.signal,
        handedHostKey: this.#access !== undefined && this.#access.root !== 'console',
        onPort: (port) => {
          this.#sshPort = port;
        },
        onStage: (stage) => {
          this.#sshStage = stage;
        },
      }),
    );
    this.#scope.use(opened.channel);
    this.hostKey = opened.hostKey;
    this.timings.bootToSshSeconds ??= this.#sinceStart();
    this.#readySsh = opened.channel;
    return opened.channel;
  }

  /**
   * The channel demanded, or the best one ready. SSH is waited for `withinMs` milliseconds, or
   * as long as BOOT_IMAGE_VM_LOGIN_TIMEOUT says.
   */
  async channel(name?: ChannelName, withinMs?: number): Promise<Channel> {
    const wanted = name ?? this.#best();
    if (wanted === 'ssh') {
      this.startSsh(this.#host.timeouts.loginMs);
      const ssh = this.guard(this.#ssh as Promise<SshChannel>);
      return await (withinMs === undefined ? ssh : sshWithin(ssh, withinMs, () => this.#sshStage));
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

  /** True when commands can go over the console. */
  get consoleLogin(): boolean {
    return this.#consoleChannel !== undefined;
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
    this.#closing.abort(guestDead('TAPBOOT_E_MACHINE_CLOSED', 'the machine has been closed'));
    this.watchdog.stop();
    await this.#scope.close();
    await this.running.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
