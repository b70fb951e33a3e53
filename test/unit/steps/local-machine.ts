/**
 * A machine under test whose guest is a shell on this host: enough for the engine and for
 * the scripts that it runs in guests. Only harmless commands of the tests run in it.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { Channel, CommandResult, RunOptions } from '../../../driver/channel/channel.js';
import type { ChannelName } from '../../../driver/language/step-base.js';
import type { Copied, CopyOptions } from '../../../driver/machine/copy.js';
import type { Plugged, PlugOptions } from '../../../driver/machine/hot-plug.js';
import type { DiskView, MachineUnderTest } from '../../../driver/machine/machine-under-test.js';
import type { GuestConsole } from '../../../driver/machine/guest.js';
import { guestDead, productError, type TapbootError } from '../../../driver/errors.js';
import type { Artifact, MachineOrigin } from '../../../driver/events/events.js';
import type { TextPattern } from '../../../driver/language/expectation.js';
import type { Machine } from '../../../driver/language/machine-shape.js';

export class LocalMachine implements MachineUnderTest, AsyncDisposable {
  readonly name: string;
  readonly image = { spec: 'local' };
  machine: Machine = {
    memoryBytes: 512 * 2 ** 20,
    cpus: 1,
    disks: [{ name: 'vda', sizeBytes: 2 ** 20 }],
    network: 'isolated',
  };
  readonly origin: MachineOrigin = { kind: 'booted', bootedAt: '2030-01-01T00:00:00.000Z' };
  power: 'on' | 'off' = 'on';
  readonly directory: string;
  readonly shell: 'bash' | 'dash';
  /** What was asked of it, in order. */
  readonly calls: string[] = [];
  /** Set to have the next calls of `run` fail. */
  lost: TapbootError | undefined;
  /** Demanding SSH fails with this. */
  sshFails: TapbootError | undefined;
  /** Content of the disks, by name. */
  readonly disks = new Map<string, Buffer>();
  viewState: DiskView['state'] = 'power-off';
  diagnostics: Artifact[] = [];
  beside: LocalMachine | undefined;
  consoleText = '';
  readonly #kill: (error: TapbootError) => void;
  readonly death: Promise<TapbootError>;
  #dead: TapbootError | undefined;

  constructor(directory: string, name = 'vm', shell: 'bash' | 'dash' = 'bash') {
    this.directory = directory;
    this.name = name;
    this.shell = shell;
    let kill: (error: TapbootError) => void = () => undefined;
    this.death = new Promise((resolve) => {
      kill = resolve;
    });
    this.#kill = kill;
  }

  static async create(name = 'vm', shell: 'bash' | 'dash' = 'bash'): Promise<LocalMachine> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'tapboot-local-'));
    await mkdir(path.join(directory, 'bin'));
    return new LocalMachine(directory, name, shell);
  }

  /** A program that the guest finds before those of the host. */
  async program(name: string, text: string): Promise<void> {
    await writeFile(path.join(this.directory, 'bin', name), text, { mode: 0o755 });
  }

  die(message = 'kernel panic'): void {
    this.#dead = guestDead('TAPBOOT_E_GUEST_PANIC', message);
    this.#kill(this.#dead);
  }

  /** Set to have it die only when the watchdog comes to rest the n-th time, from 1. */
  diesAtRest: number | undefined;
  #rests = 0;

  settledDeath(): Promise<TapbootError | undefined> {
    if (this.diesAtRest !== undefined) this.calls.push('settle');
    if (++this.#rests === this.diesAtRest) this.die('kernel oops');
    return Promise.resolve(this.#dead);
  }

  async screenshot(file: string): Promise<void> {
    this.calls.push(`screenshot ${path.basename(file)}`);
    await writeFile(file, 'a picture');
  }

  readonly console: GuestConsole = {
    mark: () => this.consoleText.length,
    send: (text) => {
      this.calls.push(`send ${text}`);
      this.consoleText += text === 'hello\r' ? 'hello\r\nworld\r\n' : '';
    },
    expect: (look: TextPattern, { from }) => {
      const start = typeof from === 'number' ? from : from === 'boot' ? 0 : this.consoleText.length;
      const pattern =
        'text' in look
          ? new RegExp(look.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          : new RegExp(look.pattern.source, look.pattern.flags);
      const found = pattern.exec(this.consoleText.slice(start));
      if (found === null) {
        return Promise.reject(productError('TAPBOOT_E_CONSOLE_TIMEOUT', 'not on the console'));
      }
      return Promise.resolve({ text: found[0], end: start + found.index + found[0].length });
    },
    tail: (characters) => this.consoleText.slice(-characters),
  };

  channel(): Promise<Channel> {
    return Promise.reject(new Error('the stand-in has no channels'));
  }

  async run(
    command: string,
    options: RunOptions & { channel?: ChannelName },
  ): Promise<CommandResult> {
    this.calls.push(`run ${command.split('\n')[0] ?? ''}`);
    if (this.#dead !== undefined) throw this.#dead;
    if (this.lost !== undefined) throw this.lost;
    if (options.channel === 'ssh' && this.sshFails !== undefined) throw this.sshFails;
    const began = performance.now();
    // A pipe of Node's is a socket, and bash on a socket reads the user's ~/.bashrc.
    const quiet = this.shell === 'bash' ? ['--norc'] : [];
    const child = execa(this.shell, [...quiet, '-c', command], {
      reject: false,
      // A group of its own, so that what the shell has started is killed with it.
      detached: true,
      cleanup: true,
      input: options.stdin ?? '',
      stripFinalNewline: false,
      env: { PATH: `${path.join(this.directory, 'bin')}:${process.env['PATH'] ?? ''}` },
    });
    const state = { timedOut: false };
    const killGroup = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      state.timedOut = true;
      killGroup();
    }, options.timeoutMs);
    options.signal?.addEventListener('abort', killGroup, { once: true });
    const lostNow = this.death.then((error) => {
      killGroup();
      throw error;
    });
    lostNow.catch(() => undefined);
    try {
      const result = await Promise.race([child, lostNow]);
      const limit = options.outputLimit ?? 2 ** 20;
      return {
        channel: options.channel ?? 'shell',
        command,
        stdout: result.stdout.slice(0, limit),
        stderr: result.stderr.slice(0, limit),
        stderrSeparate: options.channel !== 'console',
        exitStatus: state.timedOut ? null : (result.exitCode ?? null),
        durationMs: performance.now() - began,
        timedOut: state.timedOut,
        dropped: {
          stdout: Math.max(0, result.stdout.length - limit),
          stderr: Math.max(0, result.stderr.length - limit),
        },
      };
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', killGroup);
    }
  }

  copyIn({ host, guest }: CopyOptions): Promise<Copied> {
    this.calls.push(`copyIn ${host} ${guest}`);
    return Promise.resolve({ bytes: 7, digestBy: undefined });
  }

  async copyOut({ guest, host }: CopyOptions): Promise<Copied> {
    this.calls.push(`copyOut ${guest}`);
    await writeFile(host, 'copied\n');
    return { bytes: 7, digestBy: 'sha256sum' };
  }

  async viewDisks(names: readonly string[]): Promise<DiskView[]> {
    const views: DiskView[] = [];
    for (const disk of names) {
      const file = path.join(this.directory, `${disk}.raw`);
      await writeFile(file, this.disks.get(disk) ?? Buffer.alloc(2 ** 20));
      const close = async (): Promise<void> => {
        this.calls.push(`close view ${disk}`);
        await rm(file);
      };
      views.push({ disk, path: file, state: this.viewState, [Symbol.asyncDispose]: close });
    }
    return views;
  }

  /** What `plugIn` does, where a test is about it. */
  plugs: (options: PlugOptions) => Promise<Plugged | undefined> = () => Promise.resolve(undefined);

  async plugIn(machine: Machine, options: PlugOptions): Promise<Plugged | undefined> {
    if (machine.plug !== undefined) {
      this.calls.push(`plug in ${machine.disks.map(({ name }) => name).join(' ')}`);
    }
    return await this.plugs(options);
  }

  powerOff(): Promise<void> {
    this.calls.push('power off');
    this.power = 'off';
    return Promise.resolve();
  }

  cutPower(): Promise<void> {
    this.calls.push('cut power');
    this.power = 'off';
    return Promise.resolve();
  }

  reboot(options: { from?: string; timeoutMs: number }): Promise<void> {
    this.calls.push(`reboot ${options.from ?? ''}`.trim());
    this.power = 'on';
    return Promise.resolve();
  }

  checkpoint(name: string): Promise<void> {
    this.calls.push(`checkpoint ${name}`);
    return Promise.resolve();
  }

  async bootBeside(name: string, disks: readonly string[], tested = false): Promise<LocalMachine> {
    this.calls.push(`boot beside ${name} ${disks.join(',')}${tested ? ' tested' : ''}`);
    this.beside = await LocalMachine.create(name);
    return this.beside;
  }

  collectDiagnostics(reason: string): Promise<Artifact[]> {
    this.calls.push(`diagnostics ${reason}`);
    return Promise.resolve(this.diagnostics);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.calls.push('disposed');
    await rm(this.directory, { recursive: true, force: true });
  }
}
