import type { ConsoleTranscript } from '../channel/console/transcript.js';
import type { TapbootError } from '../errors.js';
import { startTimer } from '../timers.js';
import { ConsoleDetector, type Finding } from './console-detector.js';
import type { FindingKind } from './console-patterns.js';
import { deathByConsole, deathWithTail } from './death.js';
import { shutdownCause } from './shutdown.js';
import { diskTrouble } from './disk-trouble.js';
import { Heartbeat, type AskHeartbeat } from './heartbeat.js';

export interface WatchdogOptions {
  transcript: ConsoleTranscript;
  /** Milliseconds of silence on the console, until `booted`, that count as a hang. */
  bootSilenceMs: number;
  /** Milliseconds between heartbeats (default 10 s). */
  heartbeatIntervalMs?: number;
  /** Milliseconds for an answer (default 20 s: an emulated guest may be very busy). */
  heartbeatTimeoutMs?: number;
  /** Gets everything that is found, deaths included: for harness.log and diagnostics. */
  onFinding?: (finding: Finding) => void;
  /** Heartbeats alone do not keep the process alive. */
  background?: boolean;
}

/** How QEMU ended; see driver/qemu. */
export interface QemuExitLike {
  code: number | undefined;
  signal?: string | undefined;
  stderr: string;
}

/** After a panic's first line: its trace is evidence too. */
const TRACE_MS = 700;
/** After QMP says that the guest is gone: what the console said of it may still be on its way. */
const EVENT_GRACE_MS = 300;
/** A console that has stopped at a prompt for so long waits there. */
const PROMPT_MS = 1500;
/** A guest that answers within this has not died, whatever its console shows. */
const CONFIRM_MS = 5000;
const HEARTBEAT_MISSES = 3;
/** No answer of the guest refutes these: what answers is a system that is not the one tested. */
const FINAL: ReadonlySet<FindingKind> = new Set(['oops', 'emergency-shell', 'init-died']);

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
  readonly #timers = new Set<NodeJS.Timeout>();
  #resolve!: (error: TapbootError) => void;
  #heartbeat: Heartbeat | undefined;
  #promptTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  /** The gravest thing that the console has said, and that nothing has refuted. */
  #worst: Finding | undefined;
  #booted = false;
  #stopped = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.death = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const { transcript } = options;
    this.#detector = new ConsoleDetector(transcript.mark());
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
    this.#heartbeat?.stop();
    if (what === 'reboot') this.#detector.restarting();
  }

  /** Asks the guest for signs of life from now on. */
  watchHeartbeat(ask: AskHeartbeat): void {
    this.#heartbeat?.stop();
    const { heartbeatIntervalMs = 10_000, heartbeatTimeoutMs = 20_000, transcript } = this.#options;
    let lastLength = transcript.length;
    let lastChange = performance.now();
    this.#unsubscribe.push(
      transcript.onData(() => {
        lastChange = performance.now();
        lastLength = transcript.length;
      }),
    );
    this.#heartbeat = new Heartbeat({
      ask,
      intervalMs: heartbeatIntervalMs,
      timeoutMs: heartbeatTimeoutMs,
      misses: HEARTBEAT_MISSES,
      consoleIdleMs: () => (transcript.length === lastLength ? performance.now() - lastChange : 0),
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
      this.#lateDeath('TAPBOOT_E_GUEST_PANIC', 'kernel panic', name);
    else if (name === 'SHUTDOWN' || name === 'RESET') this.#onShutdown(name, data);
  }

  /** QEMU itself has ended. */
  onProcessExit(exit: QemuExitLike): void {
    // A clean end after a power-off (with -no-reboot also a restart) that was asked for.
    if (exit.code === 0 && exit.signal === undefined && this.#expected.size > 0) return this.stop();
    const how = exit.signal === undefined ? `status ${String(exit.code)}` : exit.signal;
    const stderr = exit.stderr.trim().split('\n').slice(-5).join('\n');
    this.#lateDeath('TAPBOOT_E_QEMU_GONE', `QEMU has ended (${how})`, stderr === '' ? how : stderr);
  }

  /** Ends the watch: what happens from now on is the driver's own doing. Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#heartbeat?.stop();
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#promptTimer);
    for (const timer of this.#timers) clearTimeout(timer);
    for (const off of this.#unsubscribe.splice(0)) off();
  }

  #onText(text: string): void {
    this.#armSilence();
    clearTimeout(this.#promptTimer);
    this.#handle(this.#detector.push(text));
    this.#promptTimer = startTimer(() => {
      const prompt = this.#detector.waitingPrompt();
      if (prompt !== undefined) this.#handle([prompt]);
    }, PROMPT_MS);
  }

  #handle(findings: readonly Finding[]): void {
    for (const finding of findings) {
      if (this.#stopped) return;
      this.#options.onFinding?.(finding);
      if (finding.severity === 'note' || this.#isExpected(finding)) continue;
      if (finding.severity === 'dead' && this.#worst?.severity !== 'dead') this.#worst = finding;
      this.#worst ??= finding;
      void this.#confirm(finding);
    }
  }

  /**
   * A live guest refutes its console: then the words came from a log that somebody printed,
   * or the stall is over. An oops is no death to the kernel, but it is to a test: such a
   * kernel's answers are worth nothing, so there is no question.
   */
  async #confirm(finding: Finding): Promise<void> {
    const final = FINAL.has(finding.kind);
    if (!final && this.#heartbeat !== undefined) {
      // A stall that the kernel complains of ends as the host does: that takes its time.
      if (await this.#heartbeat.check(finding.kind === 'lockup' ? undefined : CONFIRM_MS)) {
        if (this.#worst === finding) this.#worst = undefined;
        return;
      }
    } else if (finding.severity !== 'dead') return;
    else await this.#wait(TRACE_MS);
    this.#die(deathByConsole(finding, this.#options.transcript));
  }

  #isExpected({ kind }: Finding): boolean {
    if (kind === 'power-off') return this.#expected.has('poweroff');
    if (kind === 'restart' || kind === 'kernel-start') return this.#expected.has('reboot');
    return false;
  }

  #onShutdown(name: string, data: unknown): void {
    const cause = shutdownCause(name, data);
    if (cause === undefined || (cause.asked !== undefined && this.#expected.has(cause.asked)))
      return;
    this.#lateDeath(cause.code, cause.message, cause.reason);
  }

  /** The guest is gone for certain; what the console said of it is the better message. */
  #lateDeath(code: `TAPBOOT_E_${string}`, message: string, got: string): void {
    void this.#wait(EVENT_GRACE_MS).then(() => {
      const { transcript } = this.#options;
      const worst = this.#worst?.severity === 'dead' ? this.#worst : undefined;
      this.#die(
        worst === undefined
          ? deathWithTail(code, message, got, transcript)
          : deathByConsole(worst, transcript),
      );
    });
  }

  #dieHung(got: string): void {
    const { transcript } = this.#options;
    this.#die(deathWithTail('TAPBOOT_E_GUEST_HUNG', 'the guest does not answer', got, transcript));
  }

  #armSilence(): void {
    clearTimeout(this.#silenceTimer);
    if (this.#booted || this.#stopped) return;
    const { bootSilenceMs, transcript } = this.#options;
    this.#silenceTimer = startTimer(() => {
      const got = `nothing on its console for ${String(bootSilenceMs / 1000)} s`;
      this.#die(
        deathWithTail(
          'TAPBOOT_E_GUEST_SILENT',
          'the guest fell silent while booting',
          got,
          transcript,
        ),
      );
    }, bootSilenceMs);
  }

  #die(error: TapbootError): void {
    if (this.#stopped) return;
    this.stop();
    this.#resolve(error);
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = startTimer(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.add(timer);
    });
  }
}
