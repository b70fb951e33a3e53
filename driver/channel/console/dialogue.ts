import { guestDead, type ErrorDetails } from '../../errors.js';
import { startTimer } from '../../host/timers.js';
import type { Console } from './console.js';
import { consoleGone } from './console.js';
import { withoutNoise } from './noise.js';
import { Probe } from './prompts.js';
import { whatWaits, type Waiting } from './what-waits.js';

/** Characters that a view shows, the last ones: it is looked at with each text that comes. */
const VIEW_LIMIT = 64 * 1024;

/** Stands for what is not shown: what follows is no beginning of a line. */
const CUT = '…';

/** Kill the line (tty and readline alike): what was typed by halves before must not count. */
const KILL_LINE = '\u0015';

/**
 * A conversation with whatever sits at the other end of a console: types, and shows what has
 * been said since, without the lines that kernel and systemd throw in.
 */
export class Dialogue {
  readonly console: Console;
  readonly probe = new Probe();
  /** A login or a shell has been met: what shows from now on is no boot loader's. */
  loggedIn = false;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: number;
  readonly #timeoutMs: number;
  #from: number;
  #view = '';
  #changedAt = performance.now();

  /** @param from offset of the first text that counts */
  constructor(console: Console, from: number, timeoutMs: number, signal?: AbortSignal) {
    this.console = console;
    this.#from = from;
    this.#timeoutMs = timeoutMs;
    this.#deadline = performance.now() + timeoutMs;
    this.#signal = signal;
  }

  /** What has been said since the last typing. */
  get view(): string {
    const { transcript } = this.console;
    const start = Math.max(this.#from, transcript.length - VIEW_LIMIT);
    const cut = start > this.#from ? CUT : '';
    const view = withoutNoise(cut + transcript.text(start));
    if (view !== this.#view) {
      this.#view = view;
      this.#changedAt = performance.now();
    }
    return view;
  }

  /** What waits at the console, if it has come to rest. */
  get waiting(): Waiting {
    const { placed, lineEditor } = this.console.transcript;
    return whatWaits({ view: this.view, placed, lineEditor, loggedIn: this.loggedIn });
  }

  /** Milliseconds for which the view has not changed; noise does not count. */
  get idleMs(): number {
    return performance.now() - this.#changedAt;
  }

  /** Types a line and Enter; the view begins anew. */
  type(text: string, options: { secret?: boolean } = {}): void {
    this.#from = this.console.transcript.mark();
    this.#view = '';
    this.#changedAt = performance.now();
    this.console.send(`${text}\n`, options);
  }

  /** Types a probe, between `before` and `after`, as a line of its own. */
  typeProbe(before = '', after = ''): void {
    this.type(`${KILL_LINE}${before}${this.probe.next()}${after}`);
  }

  /**
   * Waits for the next text, at most `ms` milliseconds.
   * @throws TapbootError guest-dead when the console closes or the time of the whole dialogue
   *   is over; `signal.reason` when aborted
   */
  async next(ms: number): Promise<void> {
    this.#signal?.throwIfAborted();
    const { transcript } = this.console;
    if (transcript.ended) throw consoleGone(transcript);
    const left = this.#deadline - performance.now();
    if (left <= 0) throw this.#overdue();
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        offData();
        offEnd();
        this.#signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = startTimer(done, Math.max(1, Math.min(ms, left)));
      const offData = transcript.onData(done);
      const offEnd = transcript.onEnd(done);
      this.#signal?.addEventListener('abort', done, { once: true });
    });
  }

  #overdue(): Error {
    return guestDead(
      'TAPBOOT_E_LOGIN_TIMEOUT',
      `no root shell on the console within ${String(this.#timeoutMs / 1000)} s`,
      {
        expected: 'a login prompt or a shell on ttyS0',
        ...explained(this.waiting),
        output: this.console.transcript.tail(),
      },
    );
  }
}

const MORE_TIME = 'BOOT_IMAGE_VM_SPAWN_TIMEOUT gives a slow boot more time.';

/** What was there instead of a login, and what can be done about it. */
function explained(waiting: Waiting): Pick<ErrorDetails, 'got' | 'hint'> {
  if (waiting.at === 'boot-loader') {
    return {
      got: `${waiting.name} waits for a choice`,
      hint: `Nothing is typed into boot menus: give this one a timeout (TIMEOUT, set timeout=…), or bypass it with boot=direct. ${MORE_TIME}`,
    };
  }
  if (waiting.at === 'unknown') {
    return {
      got: `an unfinished line that is no login prompt, and no shell’s that is known: “${waiting.line}”`,
      hint: `If it is a prompt, let it end in # or $, or run a getty that shows login: (docs/channels.md, Login). ${MORE_TIME}`,
    };
  }
  if (waiting.at === 'password') {
    return {
      got: 'a question for a password, and none for a name before it',
      hint: 'tapboot answers only a login: does the image wait for the passphrase of a disk?',
    };
  }
  return {
    got: 'the console’s last lines follow',
    hint: `Does the image run a getty on ttyS0 (console=ttyS0)? ${MORE_TIME}`,
  };
}
