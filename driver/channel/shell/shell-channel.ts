import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { guestDead, infraError, scenarioError } from '../../errors.js';
import type { Channel, CommandResult, RunOptions } from '../channel.js';
import { Deferred, untilStopped } from '../../host/waiting.js';
import { DEFAULT_OUTPUT_LIMIT } from '../limits.js';
import {
  collectOutputs,
  keepPiece,
  killCommand,
  parseEnding,
  statusOf,
  withPieces,
  type Ending,
  type Pieces,
} from './ending.js';
import { ShellLink } from './link.js';
import { shellQuote } from '../../quote.js';

/** Files of so many commands are removed at once: each removal costs the guest an exec. */
const FORGET_BATCH = 32;

/** Milliseconds for a shell to take a nonce: as long as it has to give it back later. */
const PLANT_MS = 30_000;

/** What the guest's memory proves after a restore; see `plant` and `prove`. */
export interface Proof {
  nonce: string;
  /** Times that `prove` was asked since the shell began, this one included. */
  count: number;
}

export interface AttachOptions {
  /** Milliseconds until a shell must have answered. */
  timeoutMs: number;
}

/**
 * Root shell on a virtio-serial port: no tty, so no echo, no prompt, no line limit. Several
 * commands may run at once; each has a shell of its own, and its own process group.
 */
export class ShellChannel implements Channel {
  readonly name = 'shell';
  readonly #stream: Duplex;
  readonly #link: ShellLink;
  readonly #running = new Map<string, { ended: Deferred<Ending>; pieces: Pieces }>();
  /** Part of each command's id, so that files of an earlier connection are never met. */
  readonly #prefix = randomBytes(3).toString('hex');
  #dialect: 'bash' | 'sh' = 'sh';
  #loaded = false;
  #commandLine: string | undefined;
  /** The command that the runner in the guest is busy with; undefined: nobody knows of one. */
  #runner: 'free' | { busyWith: string } | undefined;
  #count = 0;
  #forgotten: string[] = [];

  private constructor(stream: Duplex) {
    this.#stream = stream;
    this.#link = new ShellLink(
      stream,
      (frame) => {
        if (frame.kind === 'w') this.#runner ??= 'free';
        if (keepPiece(frame, (id) => this.#running.get(id)?.pieces)) return;
        const ended = parseEnding(frame);
        if (ended === undefined) return;
        const command = this.#running.get(ended.id);
        command?.ended.resolve(withPieces(ended.ending, command.pieces));
        if (this.#busyWith === ended.id) this.#runner = 'free';
      },
      (error) => {
        for (const { ended } of this.#running.values()) ended.reject(error);
      },
    );
  }

  /**
   * Makes contact with the shell behind `stream`, which may be freshly started or have
   * survived in a restored machine (whatever was under way there is skipped).
   * @throws TapbootError infra when no shell answers in time, guest-dead when the stream ends
   */
  static async attach(stream: Duplex, options: AttachOptions): Promise<ShellChannel> {
    const channel = new ShellChannel(stream);
    const facts = await channel.#link.open(options.timeoutMs);
    channel.#dialect = facts.dialect;
    channel.#loaded = facts.loaded;
    channel.#commandLine = facts.commandLine;
    if (facts.dialect === 'bash' && facts.loaded) channel.#link.send('__tb_w\n');
    return channel;
  }

  get #busyWith(): string | undefined {
    return typeof this.#runner === 'object' ? this.#runner.busyWith : undefined;
  }

  /** What the guest's shell is: commands get bash where it has it. */
  get dialect(): 'bash' | 'sh' {
    return this.#dialect;
  }

  /** True when this connection loaded the guest's half; false when it had survived a restore. */
  get fresh(): boolean {
    return this.#loaded;
  }

  /** What the kernel was started with, when this connection loaded the guest's half. */
  get commandLine(): string | undefined {
    return this.#commandLine;
  }

  async run(command: string, options: RunOptions): Promise<CommandResult> {
    const { timeoutMs, signal, outputLimit = DEFAULT_OUTPUT_LIMIT } = options;
    refuseNul(command);
    signal?.throwIfAborted();
    const id = `${this.#prefix}${String(++this.#count)}`;
    const ended = new Deferred<Ending>();
    this.#running.set(id, { ended, pieces: { o: [], e: [] } });
    const started = performance.now();
    try {
      this.#link.send(this.#request(id, command, options.stdin));
      const stop = await untilStopped(ended.promise, timeoutMs, signal);
      const ending =
        stop === undefined ? await ended.promise : await killCommand(this.#link, id, ended);
      const durationMs = performance.now() - started;
      if (stop?.why === 'abort') throw stop.reason;
      const output = await collectOutputs(this.#link, id, ending, outputLimit);
      return {
        channel: 'shell',
        command,
        ...output,
        stderrSeparate: true,
        exitStatus: stop === undefined ? statusOf(ending) : null,
        durationMs,
        timedOut: stop !== undefined,
      };
    } finally {
      this.#running.delete(id);
      this.#forget(id);
    }
  }

  /**
   * One round trip through the shell itself, without a fork, also while commands run.
   * @param first a command line that the shell runs before it answers; nobody hears how it ends
   * @returns milliseconds that it took
   * @throws TapbootError guest-dead when no answer comes in time
   */
  async heartbeat(timeoutMs: number, first = ':'): Promise<number> {
    const beat = String(++this.#count);
    const started = performance.now();
    const answer = await this.#link.ask(`${first}; __tb_h ${beat}\n`, `h ${beat}`, timeoutMs);
    if (answer === undefined) {
      throw guestDead('TAPBOOT_E_HEARTBEAT_MISSED', 'the guest’s shell does not answer', {
        expected: `an answer within ${String(timeoutMs / 1000)} s`,
        got: 'silence',
      });
    }
    return performance.now() - started;
  }

  /**
   * Puts `nonce` into the shell's memory, and there alone: only the same running system,
   * or one restored from its snapshot, can give it back.
   * @param nonce letters, digits, `-` and `_`
   * @param then command lines that the shell itself runs; nobody hears how it ends
   */
  async plant(nonce: string, then = ':'): Promise<void> {
    if (!/^[\w-]+$/.test(nonce)) {
      throw infraError('TAPBOOT_E_NONCE', 'a nonce is made of letters, digits, - and _');
    }
    // A runner that is busy now will be so in the restored machine.
    const free = this.#runner === 'free' ? 'free' : '';
    this.#link.send(`__tb_x=${nonce} __tb_c=0 __tb_rs=${free}; ${this.#inLargePieces(then)}`);
    await this.heartbeat(PLANT_MS);
  }

  /**
   * Reads the planted nonce and raises its counter.
   * @param then command lines that the shell itself runs after it has answered, and before
   *   anything that is sent later; nobody hears how it ends
   * @returns an empty nonce when none was planted
   * @throws TapbootError guest-dead when no answer comes in time
   */
  async prove(timeoutMs: number, then = ':'): Promise<Proof> {
    const answer = await this.#link.ask(`__tb_q; ${this.#inLargePieces(then)}`, 'q', timeoutMs);
    if (answer === undefined) {
      throw guestDead('TAPBOOT_E_HEARTBEAT_MISSED', 'the guest’s shell gives no proof of itself');
    }
    const [count, nonce, runner] = answer.split(' ');
    if (runner === 'free') this.#runner ??= 'free';
    return { nonce: nonce ?? '', count: Number(count) };
  }

  /** Lines that the shell itself runs before anything that is sent later; nobody hears how it ends. */
  tell(lines: string): void {
    this.#link.send(`${this.#inLargePieces(lines)}\n`);
  }

  /** Lines for the shell itself; bash takes them in one `read`, and not byte by byte. */
  #inLargePieces(lines: string): string {
    if (this.#dialect === 'sh') return `${lines}\n`;
    const length = String(Buffer.byteLength(lines));
    return `IFS= read -r -N ${length} __tb_a; eval "$__tb_a"\n${lines}`;
  }

  /** Lets go of the stream; the shell in the guest stays for another connection. Idempotent. */
  async close(): Promise<void> {
    this.#stream.destroy();
    await Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #request(id: string, command: string, stdin: string | undefined): Buffer {
    const text = needsOwnShell(command) ? `exec bash -c ${shellQuote(command)}` : command;
    const input = stdin === undefined ? '-' : Buffer.from(stdin).toString('base64');
    if (this.#dialect === 'sh') {
      return Buffer.from(`__tb_j ${id} ${shellQuote(command)} ${input === '' ? "''" : input}\n`);
    }
    const length = String(Buffer.byteLength(text));
    const inputLength = stdin === undefined ? '-' : String(input.length);
    const way = this.#runner === 'free' ? '__tb_y' : '__tb_j';
    if (this.#runner === 'free') this.#runner = { busyWith: id };
    return Buffer.from(
      `${way} ${id} ${length} ${String([...text].length)} ${inputLength}\n${text}${stdin === undefined ? '' : input}`,
    );
  }

  #forget(id: string): void {
    this.#forgotten.push(id);
    if (this.#forgotten.length < FORGET_BATCH || this.#link.error !== undefined) return;
    this.#link.send(`__tb_u ${this.#forgotten.join(' ')}\n`);
    this.#forgotten = [];
  }
}

/**
 * In a forked shell `$$` and `$PPID` are those of the driver's shell, and `kill $$` would end
 * it: a command that names them gets a bash of its own.
 */
const needsOwnShell = (command: string): boolean => /\$\$|\bPPID\b|\bBASHPID\b/.test(command);

function refuseNul(command: string): void {
  if (!command.includes('\0')) return;
  throw scenarioError('TAPBOOT_E_COMMAND_NUL', 'a command cannot contain a NUL character');
}
