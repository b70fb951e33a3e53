import { performance } from 'node:perf_hooks';
import type { Channel, OpenChannel } from '../channel/channel.js';
import { openers as furtherChannels } from '../channel/openers.generated.js';
import { ConsoleChannel, type Renew } from '../channel/console/console-channel.js';
import { Console } from '../channel/console/console.js';
import { login } from '../channel/console/login.js';
import { quickGuestShell } from '../channel/console/quick-guest-shell.js';
import type { ConsoleSession } from '../channel/console/quiet-shell.js';
import { type CarriedConsole, ConsoleTranscript } from '../channel/console/transcript.js';
import { ShellChannel } from '../channel/shell/shell-channel.js';
import { startGuestShell } from '../channel/shell/start-guest-shell.js';
import type { SshChannel } from '../channel/ssh/ssh-channel.js';
import { type TapbootError, asTapbootError, guestDead, infraError } from '../errors.js';
import { sleep } from '../host/timers.js';
import type { TextPattern } from '../language/expectation.js';
import type { GuestAccess } from '../language/guest-access.js';
import type { ChannelName } from '../language/step-base.js';
import { Scope } from '../scope.js';
import { readCommandLine } from './kernel-command-line.js';
import { SHELL_PORT, SHELL_PORT_ID } from './qemu/arguments.js';
import type { QmpEvent } from './qemu/qmp.js';
import type { RunningMachine } from './qemu/running-machine.js';
import type { SerialLog } from './serial-log.js';
import { guestAge } from './snapshot/snapshot.js';
import { type SshStage, sshWithin, openSsh } from './ssh.js';
import type { VmHost } from './vm-host.js';
import { FLUSH_CONSOLE, Watchdog } from './watchdog/watchdog.js';
import { awaitedLater } from '../host/waiting.js';

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
  readonly #opened = new Map<string, Promise<Channel>>();
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
    awaitedLater(this.lost);
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
        this.warn(message);
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
      this.warn(`no shell channel, commands go over ssh or console: ${problem.message}`);
    }
    this.commandLine = this.#shell?.commandLine ?? (await this.guard(readCommandLine(root)));
  }

  /** Reports what changes no verdict, and may explain a later one. */
  warn(message: string): void {
    this.#host.emit({ type: 'notice', level: 'warning', message });
  }

  /** Lets a paused guest go on. Never rejects: what it was paused for has the better error. */
  async resume(): Promise<void> {
    await this.running.qmp.execute('cont').catch((thrown: unknown) => {
      // That QEMU is gone, the watchdog reports.
      if (!this.running.process.running) return;
      this.warn(`the guest stays paused: ${asTapbootError(thrown).message}`);
    });
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
    const ready: Partial<Record<ChannelName, Channel>> = {
      shell: this.#shell,
      console: this.#consoleChannel,
    };
    const present = ready[wanted];
    if (present !== undefined) return present;
    const further = await this.#further(wanted);
    if (further !== undefined) return further;
    throw infraError('TAPBOOT_E_CHANNEL', `the channel ${wanted} is not available`, {
      got: (wanted === 'shell' ? this.#shellProblem : undefined) ?? 'no shell is open on it',
    });
  }

  /** A channel that is opened from another one, when it is first asked for. */
  async #further(name: string): Promise<Channel | undefined> {
    const found = this.#opened.get(name);
    if (found !== undefined) return await found;
    const openers: Record<string, (() => Promise<OpenChannel>) | undefined> = furtherChannels;
    const load = openers[name];
    if (load === undefined) return undefined;
    const root = await this.channel();
    const opening = load().then((open) => open(root, this.#closing.signal));
    this.#opened.set(name, opening);
    const opened = await this.guard(opening);
    this.#scope.use(opened);
    return opened;
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

/**
 * Watches over a guest: its console, QEMU's events, and QEMU's end.
 * @param scope with whose end the watching of events ends
 */
export function watchGuest(
  guest: {
    age: () => number;
    running: RunningMachine;
    transcript: ConsoleTranscript;
  },
  host: VmHost,
  scope: Scope,
): Watchdog {
  const { age, running, transcript } = guest;
  const watchdog = new Watchdog({
    transcript,
    guestAge: age,
    bootSilenceMs: host.timeouts.spawnMs,
    background: host.background === true,
    onFinding: ({ severity, message, line }) => {
      host.log(`console shows (${severity}): ${message}: ${line.trim()}`);
    },
  });
  scope.defer(
    running.qmp.onEvent((event) => {
      host.log(`qmp event ${event.name} ${JSON.stringify(event.data)}`);
      watchdog.onQmpEvent(event.name, event.data);
    }),
  );
  void running.process.exited.then((exit) => {
    watchdog.onProcessExit(exit);
  });
  return watchdog;
}

/** Seconds from QEMU's start; what is not known is absent. */
export interface GuestTimings {
  bootToLoginSeconds?: number;
  bootToSshSeconds?: number;
}

/** Options of {@link Guest}. */
export interface GuestOptions {
  host: VmHost;
  running: RunningMachine;
  /** `performance.now()` when QEMU was started. */
  startedAt: number;
  log: SerialLog;
  /** What the console had said before, of a restored machine. */
  carried?: CarriedConsole;
  /** How old a restored machine was when it was saved, in seconds; `Infinity`: nobody knows. */
  pastSeconds?: number;
}

/** What a snapshot knows of the guest in it. */
export interface GuestPast {
  timings: GuestTimings;
  hostKey: string | undefined;
  /** Commands can go over the console, by the access of this image. */
  consoleLogin?: true;
  /** It answered nothing any more when it was saved. */
  unasked?: true;
  image: { access: GuestAccess };
}

const patternOf = (look: TextPattern): string | RegExp =>
  'text' in look ? look.text : new RegExp(look.pattern.source, look.pattern.flags);

/** The console of a guest as steps use it. */
export function consoleOf(guest: Guest): GuestConsole {
  return {
    mark: () => guest.transcript.mark(),
    send: (text) => {
      guest.console.send(text);
    },
    expect: async (look, { from, timeoutMs, signal }) => {
      const match = await guest.guard(
        guest.console.expect(patternOf(look), { timeoutMs, from, signal }),
      );
      return { text: match.text, end: match.end };
    },
    tail: (characters) => guest.transcript.text().slice(-characters),
  };
}

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
    options.warn(`no login on the console, using SSH for root: ${problem.message}`);
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

/** The console as steps use it; positions are absolute character offsets in its decoded text. */
export interface GuestConsole {
  /** Position behind everything seen so far. */
  mark(): number;
  /** Types `text` as it is; goes to harness.log, never to serial.log. */
  send(text: string): void;
  /**
   * Waits until `look` appears at or after `from` (ANSI and OSC stripped, CR normalised).
   * @returns the matched text and the position behind it
   * @throws TapbootError `product` TAPBOOT_E_CONSOLE_TIMEOUT with the tail of the console
   */
  expect(
    look: TextPattern,
    options: { from: number | 'boot' | 'now'; timeoutMs: number; signal?: AbortSignal },
  ): Promise<{ text: string; end: number }>;
  /** The last `characters` of the stripped console text. */
  tail(characters: number): string;
}
