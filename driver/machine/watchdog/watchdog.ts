import type { QemuExitLike } from './shutdown.js';
import type { ConsoleTranscript } from '../../channel/console/transcript.js';
import { type TapbootError, infraError } from '../../errors.js';
import { sleep, startTimer } from '../../host/timers.js';
import { ConsoleDetector, type Finding } from './console-detector.js';
import { FINAL } from './panic-patterns.js';
import { type DeathWords, deathByConsole, deathOf, deathWithTail } from './death.js';
import { type AskHeartbeat, Heartbeat } from './heartbeat.js';
import { announces, exitWords, shutdownCause } from './shutdown.js';

/** After a panic's first line: its trace is evidence too. */
const TRACE_MS = 700;
/** After QMP says that the guest is gone: what the console said of it may still be on its way. */
const EVENT_GRACE_MS = 300;
/** A console that has stopped at a prompt for so long waits there. */
const PROMPT_MS = 1500;
/** After QEMU's end: what it has left in the console's socket takes no longer to be read. */
const CONSOLE_END_MS = 2000;
/** A guest that goes on talking is not waited for: so often it is asked before it is at rest. */
const ROUNDS = 5;
/** A guest that answers within this has not died, whatever its console shows. */
const CONFIRM_MS = 5000;
const HEARTBEAT_MISSES = 3;

/**
 * Watches one QEMU process for the death of its guest: by what its console says, by QMP's
 * events, by the process's end, and by its silence. Says so once, with the evidence.
 */
export class Watchdog {
  /** Resolves once, with the cause, when the guest is lost unasked; never rejects. */
  readonly death: Promise<TapbootError>;
  readonly #options: WatchdogOptions;
  readonly #detector: ConsoleDetector;
  readonly #expected = new Set<'poweroff' | 'reboot'>();
  readonly #unsubscribe: (() => void)[];
  /** Words and events of which it is not certain yet what they mean. */
  readonly #undecided = new Undecided();
  #cause: TapbootError | undefined;
  #resolve!: (error: TapbootError) => void;
  #heartbeat: Heartbeat | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  /** The gravest thing that the console has said, and that nothing has refuted. */
  #worst: Finding | undefined;
  #heardAt = performance.now();
  #booted = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.death = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const { transcript } = options;
    this.#detector = new ConsoleDetector(transcript.mark(), options.guestAge);
    this.#unsubscribe = [
      transcript.onData((text) => this.#onText(text)),
      transcript.onEnd(() => this.#handle(this.#detector.end())),
    ];
    this.#armSilence();
  }

  /** The system is up, or was restored: silence alone says nothing any more. */
  booted(): void {
    this.#booted = true;
    this.#detector.booted();
    clearTimeout(this.#silenceTimer);
  }

  /** What comes next was asked for. */
  expected(what: 'poweroff' | 'reboot'): void {
    this.#expected.add(what);
    // A guest on its way down need not answer: from here on its console's words decide.
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
    if (what === 'reboot') this.#detector.restarting();
  }

  /**
   * Asks the guest for signs of life from now on.
   * @param askAtRest the question of {@link settle}; default: `ask`
   */
  watchHeartbeat(ask: AskHeartbeat, askAtRest?: AskHeartbeat): void {
    this.#heartbeat?.stop();
    const { heartbeatIntervalMs = 10_000, heartbeatTimeoutMs = 20_000 } = this.#options;
    this.#heartbeat = new Heartbeat({
      ask,
      askAtRest,
      intervalMs: heartbeatIntervalMs,
      timeoutMs: heartbeatTimeoutMs,
      misses: HEARTBEAT_MISSES,
      consoleIdleMs: () => performance.now() - this.#heardAt,
      onDead: (got) => this.#dieHung(got),
      background: this.#options.background === true,
    });
  }

  /** Takes an event of QEMU's monitor (qapi/run-state.json). */
  onQmpEvent(name: string, data: unknown): void {
    if (name === 'STOP') this.#heartbeat?.pause();
    else if (name === 'RESUME') this.#heartbeat?.resume();
    else if (name === 'BLOCK_IO_ERROR') this.#die(diskTrouble(data));
    else if (name === 'GUEST_PANICKED')
      this.#lateDeath({ code: 'TAPBOOT_E_GUEST_PANIC', message: 'kernel panic', got: name });
    else if (name === 'SHUTDOWN' || name === 'RESET') this.#onShutdown(name, data);
  }

  /** QEMU itself has ended. */
  onProcessExit(exit: QemuExitLike): void {
    // A clean end after a power-off (with -no-reboot also a restart) that was asked for.
    if (exit.code === 0 && exit.signal === undefined && this.#expected.size > 0) {
      void this.#endClean();
      return;
    }
    this.#lateDeath(exitWords(exit));
  }

  /**
   * Comes to rest: the guest has answered a question that was asked after the call (where it
   * has a shell, runs, and is not on its way down), all that had reached QEMU's end of the
   * console by that answer is read, and nothing in it is undecided.
   * @param drain reads what QEMU has passed on so far; false when QEMU does not answer
   * @returns the guest's death; undefined when it lives, or was given up by `stop`
   */
  async settle(drain: () => Promise<boolean>): Promise<TapbootError | undefined> {
    if (!this.#undecided.stopped) await Promise.race([this.#undecided.stopping, this.#rest(drain)]);
    return this.#cause;
  }

  /** Ends the watch: what happens from now on is the driver's own doing. Idempotent. */
  stop(): void {
    this.#undecided.stop();
    this.#heartbeat?.stop();
    clearTimeout(this.#silenceTimer);
    for (const off of this.#unsubscribe.splice(0)) off();
  }

  async #rest(drain: () => Promise<boolean>): Promise<void> {
    const { transcript } = this.#options;
    for (let round = 0; round < ROUNDS && !this.#undecided.stopped; round++) {
      const heard = transcript.length;
      await this.#heartbeat?.settle();
      if (!(await drain())) this.#dieHung('no answer of QEMU’s monitor');
      await this.#undecided.none();
      // What came meanwhile may be the beginning of more.
      if (transcript.length === heard) return;
    }
  }

  /** QEMU has ended as it was asked to; what the guest said on its way down still counts. */
  async #endClean(): Promise<void> {
    const { transcript } = this.#options;
    await Promise.race([transcript.whenEnded(), this.#undecided.wait(CONSOLE_END_MS)]);
    await this.#undecided.none();
    this.stop();
  }

  #onText(text: string): void {
    this.#heardAt = performance.now();
    this.#armSilence();
    this.#handle(this.#detector.push(text));
    if (this.#detector.waitingPrompt() !== undefined) this.#undecided.add(this.#waitAtPrompt());
  }

  async #waitAtPrompt(): Promise<void> {
    const { transcript } = this.#options;
    const { length } = transcript;
    await this.#undecided.wait(PROMPT_MS);
    const prompt = this.#detector.waitingPrompt();
    if (prompt !== undefined && transcript.length === length) this.#handle([prompt]);
  }

  #handle(findings: readonly Finding[]): void {
    for (const finding of findings) {
      if (this.#undecided.stopped) return;
      this.#options.onFinding?.(finding);
      if (finding.severity === 'note' || this.#isAsked(announces(finding.kind))) continue;
      if (finding.severity === 'dead' && this.#worst?.severity !== 'dead') this.#worst = finding;
      this.#worst ??= finding;
      this.#undecided.add(this.#confirm(finding));
    }
  }

  /**
   * A live guest refutes its console: then the words came from a log that somebody printed,
   * or the stall is over. An oops is no death to the kernel, but it is to a test: such a
   * kernel's answers are worth nothing, so there is no question.
   */
  async #confirm(finding: Finding): Promise<void> {
    const heartbeat = FINAL.has(finding.kind) ? undefined : this.#heartbeat;
    if (heartbeat !== undefined) {
      // A stall that the kernel complains of ends as the host does: that takes its time.
      const answer = await heartbeat.check(finding.kind === 'lockup' ? undefined : CONFIRM_MS);
      if (answer === 'alive' && this.#worst === finding) this.#worst = undefined;
      // A paused machine is asked again by a later beat, whose message these words then are.
      const asksOn = answer === 'unknown' && this.#heartbeat === heartbeat;
      if (answer === 'alive' || asksOn) return;
      if (answer === 'silent') {
        this.#die(deathByConsole(finding, this.#options.transcript));
        return;
      }
    }
    if (finding.severity !== 'dead') return;
    await this.#undecided.wait(TRACE_MS);
    this.#die(deathByConsole(finding, this.#options.transcript));
  }

  #isAsked(what: 'poweroff' | 'reboot' | undefined): boolean {
    return what !== undefined && this.#expected.has(what);
  }

  #onShutdown(name: string, data: unknown): void {
    const cause = shutdownCause(name, data);
    if (cause === undefined || this.#isAsked(cause.asked)) return;
    this.#lateDeath({ ...cause, got: cause.reason });
  }

  /** The guest is gone for certain; what the console said of it may still be on its way. */
  #lateDeath(words: DeathWords): void {
    const told = this.#undecided.wait(EVENT_GRACE_MS).then(() => {
      this.#die(deathOf(words, this.#worst, this.#options.transcript));
    });
    this.#undecided.add(told);
  }

  #dieHung(got: string): void {
    const message = 'the guest does not answer';
    const words = { code: 'TAPBOOT_E_GUEST_HUNG', message, got } as const;
    this.#die(deathOf(words, this.#worst, this.#options.transcript));
  }

  #armSilence(): void {
    clearTimeout(this.#silenceTimer);
    if (this.#booted || this.#undecided.stopped) return;
    const { bootSilenceMs, transcript } = this.#options;
    this.#silenceTimer = startTimer(() => {
      const message = 'the guest fell silent while booting';
      const got = `nothing on its console for ${String(bootSilenceMs / 1000)} s`;
      this.#die(deathWithTail({ code: 'TAPBOOT_E_GUEST_SILENT', message, got }, transcript));
    }, bootSilenceMs);
  }

  #die(error: TapbootError): void {
    if (this.#undecided.stopped) return;
    this.#cause = error;
    this.stop();
    this.#resolve(error);
  }
}

/** Options of Watchdog. */
export interface WatchdogOptions {
  transcript: ConsoleTranscript;
  /** Milliseconds of silence on the console, until `booted`, that count as a hang. */
  bootSilenceMs: number;
  /** The most seconds that the guest's kernel can have run by now; absent: nobody knows. */
  guestAge?: () => number;
  /** Milliseconds between heartbeats (default 10 s). */
  heartbeatIntervalMs?: number;
  /** Milliseconds for an answer (default 20 s: an emulated guest may be very busy). */
  heartbeatTimeoutMs?: number;
  /** Gets everything that is found, deaths included: for harness.log and diagnostics. */
  onFinding?: (finding: Finding) => void;
  /** Heartbeats alone do not keep the process alive. */
  background?: boolean;
}

/** What has been seen and is not certain yet, and the waits that decide it, until they are stopped. */
export class Undecided {
  readonly #stop = new AbortController();
  readonly #work = new Set<Promise<void>>();
  /** Resolves when nobody waits any more. */
  readonly stopping: Promise<void>;

  constructor() {
    this.stopping = new Promise((resolve) => {
      const stopped = (): void => {
        resolve();
      };
      this.#stop.signal.addEventListener('abort', stopped, { once: true });
    });
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Ends all waits at once. Idempotent. */
  stop(): void {
    this.#stop.abort();
  }

  /** @param work never rejects */
  add(work: Promise<void>): void {
    const known = work.finally(() => {
      this.#work.delete(known);
    });
    this.#work.add(known);
  }

  /** Waits until all is certain, also what comes up meanwhile. */
  async none(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  /** Milliseconds, or until all waits are stopped. */
  async wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

/**
 * A shell's command, without a fork, behind which all that the kernel has logged is on its
 * consoles. Reading /proc/consoles takes the lock that whoever prints holds, and giving that
 * lock back prints what is left (fs/proc/consoles.c; console_unlock in kernel/printk/printk.c).
 * Without it another processor might still be printing when the shell answers. Nothing is
 * changed in the guest, and where the file is missing nothing happens.
 */
export const FLUSH_CONSOLE = 'read -r __tb_l 2>/dev/null </proc/consoles';

/**
 * Reads BLOCK_IO_ERROR (qapi/block-core.json): the host could not read or write a file
 * behind a disk of the machine. QEMU pauses the guest when the host is full, and else lets
 * the guest see an I/O error; what the guest does from then on says nothing about it.
 */
export function diskTrouble(data: unknown): TapbootError {
  const told = (data ?? {}) as Record<string, unknown>;
  const text = (key: string): string => (typeof told[key] === 'string' ? told[key] : '');
  const disk = text('node-name') || text('device') || 'a disk';
  const operation = text('operation') || 'access';
  const full = told['nospace'] === true;
  return infraError(
    full ? 'TAPBOOT_E_HOST_FULL' : 'TAPBOOT_E_HOST_DISK',
    full
      ? `the host has no space left for the machine's disk ${disk}`
      : `the host cannot ${operation} the file behind the machine's disk ${disk}`,
    {
      expected: 'a host that serves the disks of its machines',
      got: `${operation}: ${text('reason') || 'no reason given'}`,
      hint: full
        ? 'Free space (`df`), or put machines elsewhere: TMPDIR.'
        : 'Is the image file damaged, or its file system? harness.log has the messages of QEMU.',
    },
  );
}
