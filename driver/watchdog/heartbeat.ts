import { startTimer } from '../timers.js';
/** Asks the guest for a sign of life; rejects when there is none in `timeoutMs`. */
export type AskHeartbeat = (timeoutMs: number) => Promise<unknown>;

export interface HeartbeatOptions {
  ask: AskHeartbeat;
  /** Milliseconds between two questions. */
  intervalMs: number;
  /** Milliseconds for an answer. */
  timeoutMs: number;
  /** Misses in a row that count as death though the console still speaks. */
  misses: number;
  /** Milliseconds since the console last said something. */
  consoleIdleMs: () => number;
  /** Called once, with what is known. */
  onDead: (got: string) => void;
  /** The beat alone does not keep the process alive. */
  background?: boolean;
}

/**
 * Asks again and again. One missed answer is death when the console was silent as well all
 * that time; while it speaks (a stall that ends, a burst of work), it takes several.
 * A paused machine is not asked.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #missed = 0;
  #paused = false;
  /** Counts pauses: a question that was under way in one says nothing. */
  #pauses = 0;
  #stopped = false;
  #asking: Promise<boolean> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#arm();
  }

  /** The machine has been paused (QMP STOP). */
  pause(): void {
    this.#paused = true;
    this.#pauses++;
  }

  /** The machine runs again (QMP RESUME). */
  resume(): void {
    this.#paused = false;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /**
   * Asks now.
   * @returns true when the guest answered, or cannot be asked now
   */
  async check(timeoutMs = this.#options.timeoutMs): Promise<boolean> {
    if (this.#paused || this.#stopped) return true;
    this.#asking ??= this.#ask(timeoutMs).finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  async #ask(timeoutMs: number): Promise<boolean> {
    const pauses = this.#pauses;
    try {
      await this.#options.ask(timeoutMs);
      return true;
    } catch {
      return this.#stopped || this.#pauses !== pauses;
    }
  }

  #arm(): void {
    if (this.#stopped) return;
    this.#timer = startTimer(() => void this.#beat(), this.#options.intervalMs);
    if (this.#options.background === true) this.#timer.unref();
  }

  async #beat(): Promise<void> {
    const { consoleIdleMs, misses, onDead, timeoutMs } = this.#options;
    if (await this.check()) this.#missed = 0;
    else if (!this.#stopped) {
      this.#missed++;
      const seconds = String((timeoutMs * this.#missed) / 1000);
      if (consoleIdleMs() >= timeoutMs) {
        onDead(`no answer of its shell and nothing on its console for ${seconds} s`);
        return;
      }
      if (this.#missed >= misses) {
        onDead(`no answer of its shell for ${seconds} s`);
        return;
      }
    }
    this.#arm();
  }
}
