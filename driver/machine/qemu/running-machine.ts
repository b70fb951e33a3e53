import type { Socket } from 'node:net';
import { join } from 'node:path';
import { guestDead, infraError, scenarioError } from '../../errors.js';
import { within } from '../../host/waiting.js';
import { Scope } from '../../scope.js';
import { qemuArguments, type MachineConfig } from './arguments.js';
import { QemuProcess } from './process.js';
import { QmpClient } from './qmp.js';
import { listenOnce, type ListeningSocket } from './socket.js';
import { awaitedLater } from '../../host/waiting.js';

/** Milliseconds between the end of QEMU's connections and that of QEMU. */
const LAST_WORDS_MS = 2000;

/** QEMU's words for a `-cpu` that it does not know (qom/object.c, target/i386/cpu.c). */
const UNKNOWN_CPU = /unable to find CPU model '.*'|[Pp]roperty '\S+-cpu\.\S+' not found/;

/** Options of {@link RunningMachine.start}; sockets are made in `socketDirectory`. */
export interface StartOptions {
  executable: string;
  config: Omit<MachineConfig, 'sockets'>;
  /** Short path: sockets lie in it. */
  socketDirectory: string;
  log: (line: string) => void;
  /** Descriptors that QEMU inherits as 3, 4, …. */
  inherit?: readonly number[];
}

/** A QEMU that has been started, with QMP negotiated and its serial and shell ports connected. */
export class RunningMachine implements AsyncDisposable {
  readonly argv: readonly string[];
  readonly process: QemuProcess;
  readonly qmp: QmpClient;
  readonly console: Socket;
  readonly shell: Socket;
  readonly #resources: Scope;
  readonly #control: Socket;

  private constructor(
    argv: readonly string[],
    process: QemuProcess,
    qmp: QmpClient,
    console: Socket,
    shell: Socket,
    resources: Scope,
    control: Socket,
  ) {
    this.argv = argv;
    this.process = process;
    this.qmp = qmp;
    this.console = console;
    this.shell = shell;
    this.#resources = resources;
    this.#control = control;
  }

  /**
   * Starts QEMU and connects to it.
   * @throws TapbootError `infra` TAPBOOT_E_QEMU_START with QEMU's own message when it ends first
   */
  static async start(options: StartOptions): Promise<RunningMachine> {
    const at = (name: string): string => join(options.socketDirectory, name);
    const sockets = { qmp: at('qmp'), console: at('console'), shell: at('shell') };
    const argv = qemuArguments({ ...options.config, sockets });
    await using scope = new Scope();
    const listening = [];
    for (const path of [sockets.qmp, sockets.console, sockets.shell]) {
      listening.push(scope.use(await listenOnce(path)));
    }
    const [qmpSocket, consoleSocket, shellSocket] = listening as [
      ListeningSocket,
      ListeningSocket,
      ListeningSocket,
    ];
    const process = scope.use(
      await QemuProcess.spawn({
        executable: options.executable,
        argv,
        log: options.log,
        inherit: options.inherit,
      }),
    );
    const ended = process.exited.then((exit) => {
      const [unknown] = UNKNOWN_CPU.exec(exit.stderr) ?? [];
      if (unknown !== undefined) {
        throw scenarioError(
          'TAPBOOT_E_CPU_MODEL',
          'QEMU does not have the CPU that was asked for',
          {
            expected: 'a CPU model, and features, of this QEMU',
            got: unknown,
            hint: '`qemu-system-x86_64 -cpu help` lists them; `machine: { cpu: max }` has all.',
          },
        );
      }
      throw infraError('TAPBOOT_E_QEMU_START', 'QEMU ended before it was ready', {
        got:
          exit.stderr.trim() === ''
            ? `status ${String(exit.code ?? exit.signal)}`
            : exit.stderr.trim(),
        hint: 'The argument vector is in harness.log; run it by hand to see more.',
      });
    });
    awaitedLater(ended);
    const connected = Promise.all([
      qmpSocket.connection.then((stream) => QmpClient.connect(stream)),
      consoleSocket.connection,
      shellSocket.connection,
      qmpSocket.connection,
    ]);
    awaitedLater(connected);
    const [qmp, console, shell, control] = await Promise.race([connected, ended]).catch(
      async (thrown: unknown) => {
        // A QEMU that gives up closes its sockets first; its own words say why.
        await within(ended, { ms: LAST_WORDS_MS });
        throw thrown;
      },
    );
    const argvFull = [options.executable, ...argv];
    const resources = scope.release();
    return new RunningMachine(argvFull, process, qmp, console, shell, resources, control);
  }

  /**
   * Host port on 127.0.0.1 that is forwarded to the guest's port 22; undefined without a
   * network. The kernel chose it (port 0 in `hostfwd`), QEMU tells which.
   */
  async sshPort(): Promise<number | undefined> {
    const text = await this.qmp.hmp('info usernet');
    const match = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s/.exec(text);
    return match === null ? undefined : Number(match[1]);
  }

  /** From here on this machine does not keep the driver's event loop alive. */
  unref(): void {
    this.process.unref();
    for (const socket of [this.#control, this.console, this.shell]) socket.unref();
  }

  /**
   * Throws when QEMU is gone.
   * @throws TapbootError `guest-dead` TAPBOOT_E_QEMU_GONE
   */
  assertRunning(): void {
    if (!this.process.running) throw guestDead('TAPBOOT_E_QEMU_GONE', 'QEMU is gone');
  }

  /** Kills QEMU and removes the sockets. Idempotent. */
  async close(): Promise<void> {
    this.qmp.close();
    await this.#resources.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
