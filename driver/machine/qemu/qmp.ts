import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { infraError } from '../../errors.js';

/** An asynchronous event from QEMU, e.g. `GUEST_PANICKED` (QEMU QMP Reference Manual). */
export interface QmpEvent {
  name: string;
  data: Record<string, unknown>;
  /** Milliseconds since the epoch, as QEMU stamped it. */
  at: number;
}

interface Pending {
  command: string;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * QMP over an already connected stream: newline-delimited JSON, one greeting, then
 * replies matched to commands by `id`, events in between
 * (docs/interop/qmp-spec of QEMU).
 */
export class QmpClient {
  readonly #stream: Duplex;
  readonly #pending = new Map<number, Pending>();
  readonly #events = new EventEmitter();
  #nextId = 1;
  #buffer = '';
  #closed: Error | undefined;
  #greeted: (() => void) | undefined;

  private constructor(stream: Duplex) {
    this.#stream = stream;
    this.#events.setMaxListeners(0);
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      this.#receive(chunk);
    });
    const lost = (): void => {
      this.#fail(infraError('TAPBOOT_E_QMP_CLOSED', 'QEMU closed its QMP connection'));
    };
    stream.on('close', lost);
    stream.on('end', lost);
    stream.on('error', lost);
  }

  /**
   * Waits for the greeting and leaves negotiation mode.
   * @throws TapbootError `infra` TAPBOOT_E_QMP_CLOSED when QEMU goes away first
   */
  static async connect(stream: Duplex): Promise<QmpClient> {
    const client = new QmpClient(stream);
    await new Promise<void>((resolve, reject) => {
      client.#greeted = resolve;
      client.#pending.set(0, { command: 'greeting', resolve: () => undefined, reject });
    });
    client.#pending.delete(0);
    await client.execute('qmp_capabilities');
    return client;
  }

  /**
   * Runs one QMP command and resolves with its `return` value.
   * @throws TapbootError `infra` TAPBOOT_E_QMP_COMMAND with QEMU's own description
   */
  async execute(command: string, args?: Record<string, unknown>): Promise<unknown> {
    if (this.#closed !== undefined) throw this.#closed;
    const id = this.#nextId++;
    const message = JSON.stringify({ execute: command, id, arguments: args });
    return await new Promise((resolve, reject) => {
      this.#pending.set(id, { command, resolve, reject });
      this.#stream.write(`${message}\r\n`);
    });
  }

  /** Runs a human-monitor command; resolves with its text. */
  async hmp(commandLine: string): Promise<string> {
    return String(await this.execute('human-monitor-command', { 'command-line': commandLine }));
  }

  /** Calls `listener` for each event; returns the way to stop. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#events.on('event', listener);
    return () => this.#events.off('event', listener);
  }

  /**
   * Resolves with the next event of that name that satisfies `accept`.
   * @throws TapbootError when the connection closes first, or the signal's reason
   */
  async nextEvent(
    name: string,
    accept: (event: QmpEvent) => boolean = () => true,
    signal?: AbortSignal,
  ): Promise<QmpEvent> {
    if (this.#closed !== undefined) throw this.#closed;
    return await new Promise<QmpEvent>((resolve, reject) => {
      const stop = this.onEvent((event) => {
        if (event.name !== name || !accept(event)) return;
        done();
        resolve(event);
      });
      const onClose = (error: Error): void => {
        done();
        reject(error);
      };
      const onAbort = (): void => {
        done();
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const done = (): void => {
        stop();
        this.#events.off('closed', onClose);
        signal?.removeEventListener('abort', onAbort);
      };
      this.#events.on('closed', onClose);
      signal?.addEventListener('abort', onAbort);
      if (signal?.aborted === true) onAbort();
    });
  }

  #receive(chunk: string): void {
    this.#buffer += chunk;
    for (;;) {
      const end = this.#buffer.indexOf('\n');
      if (end === -1) return;
      const line = this.#buffer.slice(0, end).trim();
      this.#buffer = this.#buffer.slice(end + 1);
      if (line !== '') this.#dispatch(JSON.parse(line) as Record<string, unknown>);
    }
  }

  #dispatch(message: Record<string, unknown>): void {
    if ('QMP' in message) {
      this.#greeted?.();
      return;
    }
    if (typeof message['event'] === 'string') {
      const stamp = message['timestamp'] as { seconds: number; microseconds: number } | undefined;
      const event: QmpEvent = {
        name: message['event'],
        data: (message['data'] as Record<string, unknown> | undefined) ?? {},
        at: stamp === undefined ? Date.now() : stamp.seconds * 1000 + stamp.microseconds / 1000,
      };
      this.#events.emit('event', event);
      return;
    }
    const pending = this.#pending.get(Number(message['id']));
    if (pending === undefined) return;
    this.#pending.delete(Number(message['id']));
    if ('error' in message) {
      const error = message['error'] as { class: string; desc: string };
      pending.reject(
        infraError('TAPBOOT_E_QMP_COMMAND', `QEMU refused ${pending.command}: ${error.desc}`),
      );
    } else {
      pending.resolve(message['return']);
    }
  }

  #fail(error: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#events.emit('closed', error);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  /** Ends the connection; pending commands are rejected. Idempotent. */
  close(): void {
    this.#stream.destroy();
  }
}
