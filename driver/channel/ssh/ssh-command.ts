import { randomBytes } from 'node:crypto';
import { finished } from 'node:stream/promises';
import type { Client, ClientChannel } from 'ssh2';
import { guestDead } from '../../errors.js';
import { startTimer } from '../../host/timers.js';
import { killTree } from '../shell/scripts.generated.js';
import { shellQuote } from '../../quote.js';
import { Deferred } from '../../host/waiting.js';
import { OutputCollector } from './output-collector.js';

/** Which shell sshd starts for root, and whether a bash can be had. */
export type RemoteShell = 'bash' | 'bash-by-exec' | 'sh';

/** How a remote command ended. */
export interface SshEnding {
  /** Exit status; 128 + n when signal n ended it; null when the connection gave none. */
  status: number | null;
}

/** After the exit status: children left behind may hold the outputs open for ever. */
const DRAIN_MS = 250;

const SIGNAL_NUMBERS: Record<string, number> = {
  // prettier-ignore
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
};

/** One command on a held connection. */
export class SshCommand {
  readonly stdout: OutputCollector;
  readonly stderr: OutputCollector;
  readonly #client: Client;
  readonly #nonce = randomBytes(6).toString('hex');
  readonly #ended = new Deferred<SshEnding>();
  #stream: ClientChannel | undefined;
  #head: string | undefined = '';
  #pid: string | undefined;

  constructor(client: Client, outputLimit: number) {
    this.#client = client;
    this.stdout = new OutputCollector(outputLimit);
    this.stderr = new OutputCollector(outputLimit);
  }

  /** Settles when the command has ended and its output is in; rejects when the link is lost. */
  get ended(): Deferred<SshEnding> {
    return this.#ended;
  }

  /**
   * Starts the command. Before it runs, its shell says its process id, by which it can be
   * killed: sshd makes it leader of a session, and not every sshd hands signals on.
   */
  start(command: string, shell: RemoteShell, stdin: string | undefined): void {
    const announce = `printf '\\001%s %s\\002' ${this.#nonce} $$\n${command}`;
    const line = shell === 'bash-by-exec' ? `exec bash -c ${shellQuote(announce)}` : announce;
    const lost = (cause?: unknown): void =>
      this.#ended.reject(
        guestDead('TAPBOOT_E_SSH_LOST', 'the SSH connection broke while a command ran', {
          cause,
        }),
      );
    this.#client.once('close', lost);
    this.#client.exec(line, (error, stream) => {
      if (error !== undefined) return lost(error);
      this.#stream = stream;
      stream.on('data', (bytes: Buffer) => this.#output(bytes));
      stream.stderr.on('data', (bytes: Buffer) => this.stderr.push(bytes));
      let ending: SshEnding | undefined;
      stream.once('exit', (code: number | null, signal?: string) => {
        ending = { status: code ?? signalStatus(signal) };
        const settle = (): void => this.#finish(ending ?? { status: null }, lost);
        void Promise.race([
          // A stream that breaks off has given all that it will.
          finished(stream).catch(() => undefined),
          new Promise<void>((resolve) => startTimer(resolve, DRAIN_MS)),
        ]).then(settle);
      });
      stream.once('close', () => {
        if (ending !== undefined) this.#finish(ending, lost);
        else lost();
      });
      stream.end(stdin ?? '');
    });
  }

  /** Signals the command, all that descends from it, and its shell. */
  kill(signal: 'TERM' | 'KILL'): void {
    if (this.#pid === undefined) return;
    const script = `${killTree}\n__tb_k ${this.#pid} ${signal}; kill -s ${signal} ${this.#pid}`;
    this.#client.exec(`exec sh -c ${shellQuote(script)}`, (error, stream) => {
      if (error !== undefined) return;
      stream.resume();
      stream.stderr.resume();
    });
  }

  #finish(ending: SshEnding, lost: () => void): void {
    this.#client.removeListener('close', lost);
    this.#stream?.close();
    this.#ended.resolve(ending);
  }

  /** Cuts off the announcement, and what root's shell prints before any command. */
  #output(bytes: Buffer): void {
    if (this.#head === undefined) return this.stdout.push(bytes);
    this.#head += bytes.toString('latin1');
    const mark = `\u0001${this.#nonce} `;
    const start = this.#head.indexOf(mark);
    const end = start < 0 ? -1 : this.#head.indexOf('\u0002', start);
    if (end < 0) return;
    this.#pid = this.#head.slice(start + mark.length, end);
    this.stdout.push(Buffer.from(this.#head.slice(end + 1), 'latin1'));
    this.#head = undefined;
  }
}

function signalStatus(signal: string | undefined): number | null {
  const number = SIGNAL_NUMBERS[signal?.replace(/^SIG/, '') ?? ''];
  return number === undefined ? null : 128 + number;
}
