import { Socket } from 'node:net';
import { execa } from 'execa';
import { infraError } from '../../errors.js';
import { startTimer } from '../../host/timers.js';

/** How QEMU ended. */
export interface QemuExit {
  code: number | undefined;
  signal: string | undefined;
  /** Last 64 KiB of QEMU's stderr. */
  stderr: string;
}

/** Milliseconds that QEMU gets between SIGTERM and SIGKILL. */
const GRACE_MS = 3000;

/** Options of {@link QemuProcess.spawn}. */
export interface QemuSpawnOptions {
  executable: string;
  argv: readonly string[];
  /** Receives QEMU's own messages, a line at a time. */
  log: (line: string) => void;
  /** Open file descriptors handed to QEMU as 3, 4, … (for `-incoming fd:3`). */
  inherit?: readonly number[];
}

type Log = (line: string) => void;

interface Killable {
  kill(signal?: NodeJS.Signals): boolean;
  unref(): void;
}

/** Pipes to a child are sockets, whatever their type says. */
const unrefPipe = (pipe: unknown): void => {
  if (pipe instanceof Socket) pipe.unref();
};

function startQemu(options: QemuSpawnOptions) {
  return execa('setpriv', ['--pdeathsig', 'KILL', '--', options.executable, ...options.argv], {
    // QEMU never sees our stdout: TAP would not survive it.
    stdio: ['ignore', 'ignore', 'pipe', ...(options.inherit ?? [])] as ['ignore', 'ignore', 'pipe'],
    buffer: false,
    reject: false,
  });
}

/**
 * A QEMU process that cannot outlive this one. Two lines of defence, since each has a
 * hole: the parent-death signal (`setpriv --pdeathsig`, prctl(2)) is lost when the
 * parent dies before prctl is reached; the watcher, a shell that blocks on a pipe we
 * hold and kills QEMU at end-of-file, could itself be killed.
 *
 * Spawn from the main thread only: the parent-death signal is tied to the *thread*
 * that forked (prctl(2), PR_SET_PDEATHSIG).
 */
export class QemuProcess implements AsyncDisposable {
  readonly pid: number;
  /** Resolves when QEMU is gone, for whatever reason; never rejects. */
  readonly exited: Promise<QemuExit>;
  readonly #child: Killable;
  readonly #watcher: Killable;
  readonly #pipes: unknown[];
  #running = true;

  private constructor(child: ReturnType<typeof startQemu>, pid: number, log: Log) {
    this.#child = child;
    this.pid = pid;
    let stderr = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      stderr = (stderr + text).slice(-65536);
      for (const line of text.split('\n')) if (line.trim() !== '') log(`qemu: ${line}`);
    });
    const watcher = execa(
      'sh',
      ['-c', 'read -r _; kill -KILL "$1" 2>/dev/null', 'tapboot-watcher', String(pid)],
      { stdin: 'pipe', stdout: 'ignore', stderr: 'ignore', reject: false, cleanup: false },
    );
    this.#watcher = watcher;
    this.#pipes = [child.stderr, watcher.stdin];
    this.exited = child.then((result) => {
      this.#running = false;
      // Before QEMU's pid can be given to anyone else.
      this.#watcher.kill('SIGKILL');
      return { code: result.exitCode, signal: result.signal, stderr };
    });
  }

  /**
   * Starts QEMU.
   * @throws TapbootError `infra` TAPBOOT_E_QEMU_SPAWN when it cannot be executed
   */
  static async spawn(options: QemuSpawnOptions): Promise<QemuProcess> {
    const child = startQemu(options);
    if (child.pid === undefined) {
      const result = await child;
      throw infraError('TAPBOOT_E_QEMU_SPAWN', `cannot start ${options.executable}`, {
        expected: 'setpriv (Debian package util-linux) and QEMU, both executable',
        // Without the command, which has hundreds of words.
        got: result.originalMessage ?? 'no process',
        hint: 'Run `tapboot doctor`.',
      });
    }
    return new QemuProcess(child, child.pid, options.log);
  }

  get running(): boolean {
    return this.#running;
  }

  /** From here on this QEMU does not keep the driver's event loop alive. */
  unref(): void {
    this.#child.unref();
    this.#watcher.unref();
    for (const pipe of this.#pipes) unrefPipe(pipe);
  }

  /** Ends QEMU at once. Idempotent; resolves when the process is gone. */
  async kill(): Promise<void> {
    if (this.#running) this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** Asks QEMU to end (SIGTERM), then kills it. Idempotent. */
  async terminate(): Promise<void> {
    if (!this.#running) return;
    this.#child.kill('SIGTERM');
    const timer = startTimer(() => this.#child.kill('SIGKILL'), GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
