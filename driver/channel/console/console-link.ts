import { randomBytes } from 'node:crypto';
import { guestDead, infraError } from '../../errors.js';
import { Deferred } from '../../host/waiting.js';
import type { Console } from './console.js';
import {
  consoleBootstrap,
  CONSOLE_SCRIPT,
  findRecords,
  type ConsoleRecord,
} from './console-script.js';
import { withoutNoise } from './noise.js';
import { batches, cksum, linesThatWrite } from './typing.js';

/** An acknowledgement that has not come by then is asked for again. */
const ACK_MS = 5000;
const ACK_ATTEMPTS = 4;

/** Characters that are looked at with each text that comes; a record has at most a few KiB. */
const LOOK_LIMIT = 64 * 1024;

/** A subscription to the guest's records. */
export interface Listening {
  stop(): void;
}

/** Types lines into the quiet shell and reads the records that come back. */
export class ConsoleLink {
  readonly console: Console;
  readonly #nonce = randomBytes(4).toString('hex');
  #typedBytes: number;

  /** @param typedBytes of the session: see `untouched` */
  constructor(console: Console, typedBytes: number) {
    this.console = console;
    this.#typedBytes = typedBytes;
  }

  /** False when someone else has typed on the console since. */
  get untouched(): boolean {
    return this.console.typedBytes === this.#typedBytes;
  }

  /**
   * Loads the guest's half into the shell.
   * @throws TapbootError infra when the guest lacks a tool, guest-dead when nothing answers
   */
  async load(shell: 'bash' | 'sh'): Promise<void> {
    const ready = await this.#acknowledged(
      consoleBootstrap(this.#nonce, shell),
      ({ kind }) => kind === 'r',
      'loading the console channel',
    );
    if (ready?.fields[0] !== 'Cg==') {
      throw infraError('TAPBOOT_E_CONSOLE_CHANNEL', 'the guest has no base64', {
        hint: 'Commands over the console need it to return their output.',
      });
    }
    await this.write('script', Buffer.from(CONSOLE_SCRIPT));
    this.type([' . "$__tb_d/script"']);
  }

  /**
   * Writes the guest's file `name`, and makes sure of every byte.
   * @param stopped asked before each batch of lines: true leaves the rest untyped
   * @returns false when it was stopped
   */
  async write(name: string, bytes: Uint8Array, stopped = (): boolean => false): Promise<boolean> {
    const sum = String(cksum(bytes));
    const written = await this.#acknowledged(
      [...linesThatWrite(bytes, `$__tb_d/${name}`), ` __tb_c ${name}`],
      ({ id, kind, fields }) => id === name && kind === 'c' && fields[0] === sum,
      `typing ${String(bytes.length)} bytes`,
      stopped,
    );
    return written !== undefined;
  }

  /** Types lines; they must be commands of their own, and fit into a terminal's buffer. */
  type(lines: readonly string[], options: { secret?: boolean } = {}): void {
    this.console.send(lines.map((line) => `${line}\n`).join(''), options);
    this.#typedBytes = this.console.typedBytes;
  }

  /** Hands over whole records that come from now on; the same one perhaps more than once. */
  listen(listener: (record: ConsoleRecord) => void): Listening {
    const { transcript } = this.console;
    let start = transcript.mark();
    let scheduled: NodeJS.Immediate | undefined;
    const look = (): void => {
      scheduled = undefined;
      start = Math.max(start, transcript.length - LOOK_LIMIT);
      const text = transcript.text(start);
      findRecords(withoutNoise(text), this.#nonce).forEach(listener);
      // What has been looked at needs no second look, but for the last whole line: a kernel
      // message may have cut its record in two.
      const line = text.lastIndexOf('\n', text.lastIndexOf('\n') - 1);
      if (text.length > 4096 && line > 0) start += line + 1;
    };
    const off = transcript.onData(() => (scheduled ??= setImmediate(look)));
    return {
      stop: () => {
        off();
        if (scheduled !== undefined) clearImmediate(scheduled);
      },
    };
  }

  /**
   * Types lines, in batches, each acknowledged; all of them again when the record wanted
   * does not come.
   * @returns the record; undefined when it was stopped
   */
  async #acknowledged(
    lines: readonly string[],
    wanted: (record: ConsoleRecord) => boolean,
    what: string,
    stopped = (): boolean => false,
  ): Promise<ConsoleRecord | undefined> {
    for (let attempt = 0; attempt < ACK_ATTEMPTS; attempt++) {
      const parts = batches(lines);
      for (const [index, part] of parts.entries()) {
        if (stopped()) return undefined;
        const last = index === parts.length - 1;
        const tag = `a${String(attempt)}.${String(index)}`;
        const found = new Deferred<ConsoleRecord>();
        const listening = this.listen((record) => {
          if (last ? wanted(record) : record.id === tag) found.resolve(record);
        });
        const acknowledge = ` printf '@tb%s:%s:a::.\\n' ${this.#nonce} ${tag}`;
        try {
          // Commands and what they read, in pieces in which nobody finds a secret; the command is told.
          this.type(last ? part : [...part, acknowledge], { secret: true });
          const record = await Promise.race([found.within(ACK_MS), this.console.closed]);
          if (record === undefined) break;
          if (last) return record;
        } finally {
          listening.stop();
        }
      }
    }
    throw guestDead(
      'TAPBOOT_E_CONSOLE_SILENT',
      `the shell on the console does not answer: ${what}`,
      {
        output: this.console.transcript.tail(),
        hint: 'Did a step log out, or leave something running in the foreground of the console?',
      },
    );
  }
}
