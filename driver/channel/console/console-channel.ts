import {
  asTapbootError,
  guestDead,
  infraError,
  productError,
  scenarioError,
  type TapbootError,
} from '../../errors.js';
import { startTimer } from '../../host/timers.js';
import type { Channel, CommandResult, RunOptions } from '../channel.js';
import { Deferred, untilStopped } from '../../host/waiting.js';
import { DEFAULT_OUTPUT_LIMIT } from '../limits.js';
import { CommandOutput, type CompleteOutput } from './command-output.js';
import { ConsoleLink } from './console-link.js';
import type { ConsoleSession } from './quiet-shell.js';

/** The end of a command may be garbled: it is asked for again, ever less often. */
const ASK_AGAIN_MS = [2000, 4000, 8000, 15_000, 30_000];
/** So often is an output fetched that noise has garbled. */
const ROUNDS = 10;
/** A console that says nothing for so long will not go on by itself. */
const QUIET_MS = 3000;
/** From SIGTERM to the first SIGKILL, and between SIGKILLs. */
const KILL_GRACE_MS = 1500;
const KILL_ROUNDS = 6;
/** Linux gives one argument 128 KiB (MAX_ARG_STRLEN). */
const COMMAND_LIMIT = 120_000;

/**
 * Commands over the serial console: slow, but there when nothing else is. One command at a
 * time, further ones wait. Its outputs go to files in the guest and come back as base64 in
 * numbered records, so a kernel message in their midst costs a repetition and not the truth.
 */
export class ConsoleChannel implements Channel {
  readonly name = 'console';
  readonly #renew: Renew | undefined;
  #session: ConsoleSession;
  #link: ConsoleLink;
  #loaded = false;
  #queue: Promise<unknown> = Promise.resolve();
  #count = 0;
  #closed = false;

  /**
   * @param session from `login`
   * @param renew logs in anew, when someone else has typed on the console in between;
   *   without it the shell is trusted to be still there
   */
  constructor(session: ConsoleSession, renew?: Renew) {
    this.#session = session;
    this.#link = new ConsoleLink(session.console, session.typedBytes);
    this.#renew = renew;
  }

  async run(command: string, options: RunOptions): Promise<CommandResult> {
    const turn = this.#queue.then(async () => await this.#run(command, options));
    // How this one ends is for who has asked; the next one waits for its end only.
    this.#queue = turn.catch(() => undefined);
    return await turn;
  }

  /** Leaves the shell on the console as it is. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(command: string, options: RunOptions): Promise<CommandResult> {
    const { outputLimit = DEFAULT_OUTPUT_LIMIT, signal, stdin, timeoutMs } = options;
    const bytes = commandBytes(command);
    signal?.throwIfAborted();
    const [link, leftMs] = await this.#ready(timeoutMs);
    const id = String(++this.#count);
    const until = performance.now() + leftMs;
    await link.write(`${id}.c`, bytes);
    const started = performance.now();
    if (stdin !== undefined) {
      // Input may be long, and a console is slow: typing it is part of what the timeout is for.
      const stopped = (): boolean => performance.now() > until || signal?.aborted === true;
      const whole = await link.write(`${id}.i`, Buffer.from(stdin), stopped);
      signal?.throwIfAborted();
      if (!whole) {
        link.type([` __tb_u ${id}`]);
        return notBegun(command, performance.now() - started);
      }
    }

    const output = new CommandOutput(outputLimit);
    const ended = new Deferred<number>();
    const sent = new Deferred<undefined>();
    const listening = link.listen((record) => {
      if (record.id !== id) return;
      output.add(record);
      // Whichever record comes first: none comes before the command is over.
      ended.resolve(performance.now());
      if (record.kind === 'z') sent.resolve(undefined);
    });
    const asking = askAgain(() => link.type([` __tb_f ${id} ${String(outputLimit)}`]), ended);
    try {
      link.type([` __tb_r ${id} ${stdin === undefined ? '-' : 'i'} ${String(outputLimit)}`]);
      const over = Promise.race([ended.promise, link.console.closed]);
      const stop = await untilStopped(over, Math.max(1, until - performance.now()), signal);
      if (stop !== undefined) await kill(link, ended);
      if (stop?.why === 'abort') throw stop.reason;
      const endedAt = ended.settled ? await ended.promise : performance.now();
      const result = ended.settled ? await complete(link, id, outputLimit, output, sent) : NOTHING;
      return {
        channel: 'console',
        command,
        ...result,
        stderrSeparate: true,
        exitStatus: stop === undefined ? (output.status ?? null) : null,
        durationMs: endedAt - started,
        timedOut: stop !== undefined,
      };
    } finally {
      asking.stop();
      listening.stop();
      if (!link.console.transcript.ended) link.type([` __tb_u ${id}`]);
    }
  }

  /**
   * Loads the guest's half, once; and again when someone else has used the shell.
   * @returns what to type into, and the milliseconds that the command still has: a login is
   *   part of what its timeout is for
   */
  async #ready(timeoutMs: number): Promise<[ConsoleLink, number]> {
    if (this.#closed)
      throw infraError('TAPBOOT_E_CONSOLE_CHANNEL', 'the console channel was closed');
    const started = performance.now();
    if (!this.#link.untouched && this.#renew !== undefined) {
      this.#session = await this.#renew(timeoutMs).catch((error: unknown) => {
        throw takenAway(asTapbootError(error), timeoutMs);
      });
      this.#link = new ConsoleLink(this.#session.console, this.#session.typedBytes);
      this.#loaded = false;
    }
    const leftMs = Math.max(1, timeoutMs - (performance.now() - started));
    if (!this.#loaded) await this.#link.load(this.#session.shell);
    this.#loaded = true;
    return [this.#link, leftMs];
  }
}

/** Logs in on a console that was in use before, within so many milliseconds. */
export type Renew = (withinMs: number) => Promise<ConsoleSession>;

/** The guest may well be alive; only the way to its shell is not there any more. */
function takenAway(error: TapbootError, withinMs: number): TapbootError {
  if (error.code !== 'TAPBOOT_E_LOGIN_TIMEOUT') return error;
  const { output } = error.details;
  return productError('TAPBOOT_E_CONSOLE_TAKEN', 'the shell on the console does not respond', {
    expected: `a login prompt or a shell within ${String(Math.round(withinMs / 100) / 10)} s`,
    got: 'after earlier input on the console, something else answers there',
    output,
    hint: 'Does a `console` step leave a program in the foreground? Other channels are not affected.',
  });
}

/** A command whose time was over before its input had been typed. */
const notBegun = (command: string, durationMs: number): CommandResult => ({
  channel: 'console',
  command,
  ...NOTHING,
  stderrSeparate: true,
  exitStatus: null,
  durationMs,
  timedOut: true,
});

const NOTHING: CompleteOutput = { stdout: '', stderr: '', dropped: { stdout: 0, stderr: 0 } };

function commandBytes(command: string): Buffer {
  const bytes = Buffer.from(command);
  if (!command.includes('\0') && bytes.length <= COMMAND_LIMIT) return bytes;
  throw scenarioError('TAPBOOT_E_COMMAND_NUL', 'this command cannot be typed on a console', {
    expected: `at most ${String(COMMAND_LIMIT)} bytes, none of them NUL`,
    got: `${String(bytes.length)} bytes`,
  });
}

/** Waits for a command's outputs, and fetches again what noise has garbled. */
async function complete(
  link: ConsoleLink,
  id: string,
  limit: number,
  output: CommandOutput,
  firstSent: Deferred<undefined>,
): Promise<CompleteOutput> {
  let sent = firstSent;
  for (let round = 0; round < ROUNDS; round++) {
    await untilQuiet(link, sent);
    const { result } = output;
    if (result !== undefined) return result;
    const again = new Deferred<undefined>();
    const listening = link.listen((record) => {
      if (record.id === id && record.kind === 'z') again.resolve(undefined);
    });
    again.promise.then(
      () => listening.stop(),
      () => undefined,
    );
    link.type([` __tb_f ${id} ${String(limit)}`]);
    sent = again;
  }
  throw guestDead('TAPBOOT_E_CONSOLE_GARBLED', 'a command’s output did not come over the console', {
    expected: 'whole records',
    got: `something else wrote into them ${String(ROUNDS)} times`,
    output: link.console.transcript.tail(),
  });
}

/** Waits for the last record; or, where that was garbled, until nothing more comes. */
async function untilQuiet(link: ConsoleLink, sent: Deferred<undefined>): Promise<void> {
  const { transcript, closed } = link.console;
  for (let length = -1; !sent.settled && transcript.length !== length;) {
    length = transcript.length;
    await Promise.race([sent.within(QUIET_MS), closed]);
  }
}

async function kill(link: ConsoleLink, ended: Deferred<number>): Promise<void> {
  for (let round = 0; round < KILL_ROUNDS && !ended.settled; round++) {
    link.type([` __tb_k $__tb_p ${round === 0 ? 'TERM' : 'KILL'}`]);
    await Promise.race([ended.within(KILL_GRACE_MS), link.console.closed]);
  }
}

/** Repeats a request at growing intervals until `ended`: its answer may have been garbled. */
function askAgain(ask: () => void, ended: Deferred<number>): { stop: () => void } {
  let round = 0;
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const delay = ASK_AGAIN_MS[Math.min(round++, ASK_AGAIN_MS.length - 1)] ?? 0;
    timer = startTimer(() => {
      if (ended.settled) return;
      try {
        ask();
        arm();
      } catch {
        // The console has closed: whoever waits for the command learns that by itself.
      }
    }, delay);
  };
  arm();
  return { stop: () => clearTimeout(timer) };
}
