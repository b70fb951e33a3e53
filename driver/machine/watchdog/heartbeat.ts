import { startTimer } from '../../host/timers.js';
/** Asks the guest for a sign of life; rejects when there is none in `timeoutMs`. */
export type AskHeartbeat = (timeoutMs: number) => Promise<unknown>;

/**
 * What a question came to. `unknown`: the guest could not be asked, since the machine is
 * paused, the way to it is gone, or nobody asks any more.
 */
export type Answer = 'alive' | 'silent' | 'unknown';

export interface HeartbeatOptions {
  ask: AskHeartbeat;
  /** The question of {@link Heartbeat.settle} (default: `ask`). */
  askAtRest?: AskHeartbeat | undefined;
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
  /** Counts pauses, and the end: a question that was under way in one says nothing. */
  #pauses = 0;
  #stopped = false;

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
    this.#pauses++;
    clearTimeout(this.#timer);
  }

  /**
   * Asks now. Always a question of its own: the answer to one that is under way may be older
   * than what it is to refute.
   */
  async check(timeoutMs = this.#options.timeoutMs, ask = this.#options.ask): Promise<Answer> {
    if (this.#paused || this.#stopped) return 'unknown';
    const pauses = this.#pauses;
    const asked = performance.now();
    try {
      await ask(timeoutMs);
      return 'alive';
    } catch {
      // A question that fails before its time was not heard: who cut the way tells why.
      const early = performance.now() - asked < timeoutMs / 2;
      return early || this.#pauses !== pauses ? 'unknown' : 'silent';
    }
  }

  /**
   * Asks until the guest has answered, or is dead by the rules of every beat. Returns at once
   * when it cannot be asked.
   */
  async settle(): Promise<void> {
    const { askAtRest, timeoutMs } = this.#options;
    clearTimeout(this.#timer);
    while (!this.#judge(await this.check(timeoutMs, askAtRest)));
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = startTimer(() => void this.#beat(), this.#options.intervalMs);
    if (this.#options.background === true) this.#timer.unref();
  }

  async #beat(): Promise<void> {
    this.#judge(await this.check());
    this.#arm();
  }

  /** @returns false when the guest has to be asked once more before anything is certain */
  #judge(answer: Answer): boolean {
    if (answer === 'alive') this.#missed = 0;
    if (answer !== 'silent') return true;
    const { consoleIdleMs, misses, onDead, timeoutMs } = this.#options;
    this.#missed++;
    const seconds = String((timeoutMs * this.#missed) / 1000);
    const silent = consoleIdleMs() >= timeoutMs;
    if (!silent && this.#missed < misses) return false;
    const also = silent ? ' and nothing on its console' : '';
    onDead(`no answer of its shell${also} for ${seconds} s`);
    return true;
  }
}
