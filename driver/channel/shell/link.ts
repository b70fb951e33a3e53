import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { guestDead, infraError } from '../../errors.js';
import { awaitedLater, Deferred } from '../../host/waiting.js';
import { FrameParser, type Frame } from './frames.js';
import { helloLine, loadScript, SCRIPT_VERSION } from './guest-script.js';

/** How often the greeting is repeated until the guest's shell answers. */
const HELLO_INTERVAL_MS = 500;

/** Base64 takes 4 characters for 3 bytes, and newlines; this much more is no wonder. */
const TRANSFER_SLACK = 64 * 1024;

/** What the guest says of itself when contact is made. */
export interface ShellFacts {
  dialect: 'bash' | 'sh';
  /** False when the functions were already there: a restored machine. */
  loaded: boolean;
  /** /proc/cmdline, when the functions were loaded now and it could be read. */
  commandLine?: string;
}

/**
 * The wire to the root shell in the guest: requests out, frames in. Each connection has a
 * nonce of its own; frames of an earlier one (left over in a restored machine, or from
 * commands begun before its state was saved) are dropped.
 */
export class ShellLink {
  readonly #stream: Duplex;
  readonly #nonce = randomBytes(4).toString('hex');
  readonly #answers = new Map<string, Deferred<string>>();
  readonly #transfers = new Map<string, Transfer>();
  readonly #onFrame: (frame: Frame) => void;
  #receiving: Transfer | undefined;
  #error: Error | undefined;

  /** @param onFrame gets the frames that answer no request: the ends of commands */
  constructor(stream: Duplex, onFrame: (frame: Frame) => void, onLost: (error: Error) => void) {
    this.#stream = stream;
    this.#onFrame = onFrame;
    const parser = new FrameParser(
      (frame) => this.#frame(frame),
      (text) => this.#receive(text),
    );
    stream.on('data', (bytes: Uint8Array) => parser.push(bytes));
    const lost = (cause?: unknown): void => {
      if (this.#error !== undefined) return;
      const error = shellGone(cause);
      this.#error = error;
      for (const pending of this.#answers.values()) pending.reject(error);
      for (const transfer of this.#transfers.values()) transfer.done.reject(error);
      onLost(error);
    };
    stream.once('close', () => lost());
    stream.once('end', () => lost());
    stream.on('error', lost);
    if (stream.destroyed) lost();
  }

  /** Set once the stream has ended. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** @throws TapbootError guest-dead when the stream has ended */
  send(request: string | Buffer): void {
    if (this.#error !== undefined) throw this.#error;
    this.#stream.write(request);
  }

  /**
   * Sends `request` and waits for the frame of this kind (and, where given, first field).
   * @returns the frame's rest, or undefined when `timeoutMs` is over first
   */
  async ask(request: string, answer: string, timeoutMs: number): Promise<string | undefined> {
    const pending = this.#expect(answer);
    try {
      this.send(request);
      return await pending.within(timeoutMs);
    } finally {
      this.#answers.delete(answer);
    }
  }

  /**
   * Makes contact with the shell and loads the guest's half, where it is not there already.
   * @throws TapbootError infra when nothing answers, or the guest cannot serve
   */
  async open(timeoutMs: number): Promise<ShellFacts> {
    const deadline = performance.now() + timeoutMs;
    const pending = this.#expect('o');
    let hello: string | undefined;
    while (hello === undefined && performance.now() < deadline) {
      this.send(helloLine(this.#nonce));
      hello = await pending.within(HELLO_INTERVAL_MS);
    }
    this.#answers.delete('o');
    if (hello === undefined) throw noAnswer(timeoutMs);
    const [first, version] = hello.split(' ');
    const dialect = first === 'bash' ? 'bash' : 'sh';
    if (version === SCRIPT_VERSION) return { dialect, loaded: false };
    const ready = this.#expect('r');
    const refused = this.#expect('x');
    this.send(loadScript(dialect));
    const refusal = refused.promise.then((reason) => {
      throw infraError('TAPBOOT_E_SHELL_UNUSABLE', `the guest's shell cannot serve: ${reason}`);
    });
    awaitedLater(refusal);
    const answer = await Promise.race([
      ready.within(Math.max(5000, deadline - performance.now())),
      refusal,
    ]);
    this.#answers.delete('r');
    this.#answers.delete('x');
    if (answer === undefined) throw noAnswer(timeoutMs);
    const text = answer.split(' ').slice(2).join(' ').trim();
    const commandLine = Buffer.from(text, 'latin1').toString('utf8');
    return { dialect, loaded: true, commandLine: text === '' ? undefined : commandLine };
  }

  /**
   * Fetches the first `limit` bytes of an output file.
   * @param stream `o` for stdout, `e` for stderr
   * @returns the bytes, and the file's whole size
   */
  async fetch(id: string, stream: 'o' | 'e', limit: number): Promise<FetchedFile> {
    const room = limit * 1.5 + TRANSFER_SLACK;
    const transfer: Transfer = { pieces: [], room, size: 0, done: new Deferred() };
    const key = `${id} ${stream}`;
    this.#transfers.set(key, transfer);
    this.send(`__tb_f ${key} ${String(limit)}\n`);
    try {
      // No deadline of its own: the shell answers, or its heartbeat fails and the VM is ended.
      await transfer.done.promise;
    } finally {
      this.#transfers.delete(key);
    }
    const bytes = Buffer.from(transfer.pieces.join(''), 'base64');
    if (bytes.length !== Math.min(limit, transfer.size)) {
      throw guestDead('TAPBOOT_E_SHELL_GARBLED', 'a command’s output came back incomplete', {
        expected: `${String(Math.min(limit, transfer.size))} bytes`,
        got: `${String(bytes.length)} bytes`,
      });
    }
    return { bytes, size: transfer.size };
  }

  /** What is more than was asked for is not kept: the transfer is found to be wrong at its end. */
  #receive(text: string): void {
    const transfer = this.#receiving;
    if (transfer === undefined) return;
    transfer.room -= text.length;
    if (transfer.room >= 0) transfer.pieces.push(text);
  }

  #expect(answer: string): Deferred<string> {
    const pending = new Deferred<string>();
    if (this.#error !== undefined) pending.reject(this.#error);
    this.#answers.set(answer, pending);
    return pending;
  }

  #frame(frame: Frame): void {
    if (frame.nonce !== this.#nonce) return;
    const { kind, rest } = frame;
    if (kind === 's') {
      const [id, stream, size] = rest.split(' ');
      this.#receiving = this.#transfers.get(`${id ?? ''} ${stream ?? ''}`);
      if (this.#receiving !== undefined) this.#receiving.size = Number(size);
    } else if (kind === 't') {
      this.#transfers.get(rest)?.done.resolve(undefined);
      this.#receiving = undefined;
    } else {
      const field = rest.split(' ', 1)[0] ?? '';
      const pending = this.#answers.get(`${kind} ${field}`) ?? this.#answers.get(kind);
      if (pending === undefined) this.#onFrame(frame);
      else pending.resolve(rest);
    }
  }
}

/** An output file, or the beginning of it. */
export interface FetchedFile {
  bytes: Buffer;
  size: number;
}

interface Transfer {
  pieces: string[];
  /** Characters that may still come. */
  room: number;
  size: number;
  done: Deferred<undefined>;
}

const noAnswer = (timeoutMs: number): Error =>
  infraError('TAPBOOT_E_SHELL_SILENT', 'no shell answers on the virtio-serial port', {
    expected: `an answer within ${String(timeoutMs / 1000)} s`,
    got: 'silence',
    hint: 'Does the guest have the module virtio_console, and was a shell started on the port?',
  });

/** The stream to the guest's shell has ended. */
const shellGone = (cause?: unknown): Error =>
  guestDead('TAPBOOT_E_SHELL_CLOSED', 'the shell in the guest is gone: its port has closed', {
    hint: 'serial.log and harness.log say whether the guest or QEMU ended.',
    cause,
  });
