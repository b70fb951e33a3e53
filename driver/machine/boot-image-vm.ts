import { rm } from 'node:fs/promises';
import type { Channel, CommandResult, RunOptions } from '../channel/channel.js';
import type { ChannelName } from '../language/step-base.js';
import { scenarioError, type TapbootError } from '../errors.js';
import { collectDiagnostics } from './diagnostics/index.js';
import type { Artifact, MachineOrigin } from '../events/events.js';
import type { BootImage } from '../image/image.js';
import type { Machine } from '../language/machine-shape.js';
import { becomeUsable, factsOf, startGuest, type MachineParts, settle } from './boot-sequence.js';
import { copyIn, copyOut, type Copied, type CopyOptions } from './copy.js';
import { bootMachine, restoreMachine, type BootOptions } from './create.js';
import { viewDisks } from './disk-view.js';
import { consoleOf, type Guest, type GuestTimings } from './guest.js';
import { plugIn, type Plugged, type PlugOptions } from './hot-plug.js';
import { freshenCommand } from './snapshot/refresh-guest.js';
import { MachineSnapshots } from './snapshot/machine-snapshots.js';
import type { DiskView, MachineUnderTest } from './machine-under-test.js';
import type { GuestConsole } from './guest.js';
import { disksBeside } from './medium.js';
import type { Snapshot } from './snapshot/snapshot.js';
import { settledDeath } from './settled-death.js';
import { pullThePlug, shutDown } from './shut-down.js';
import { takeScreenshot } from './screenshot.js';
import type { VmHost } from './vm-host.js';

/** Milliseconds for the first command of a machine on standby; it takes tenths of a second. */
const STANDBY_MS = 30_000;

/** A machine that is off dies no more. */
const NEVER = new Promise<never>(() => undefined);

/**
 * A boot image running in QEMU: the controller. Made by {@link BootImageVM.boot} or
 * {@link BootImageVM.restore}; ends, with everything it made, by `close`.
 */
export class BootImageVM implements MachineUnderTest, AsyncDisposable {
  readonly name: string;
  readonly image: BootImage;
  readonly #parts: MachineParts;
  /** Absent of a machine that was restored powered off. */
  #guest: Guest | undefined;
  #power: 'on' | 'off';
  /** The snapshots saved of it, and what is kept of it when it fails. */
  readonly states: MachineSnapshots;

  private constructor(parts: MachineParts, guest: Guest | undefined, from?: Snapshot) {
    this.#parts = parts;
    this.states = new MachineSnapshots(
      () => ({ parts, guest: this.#guest, power: this.#power }),
      from,
    );
    this.#guest = guest;
    this.#power = guest === undefined ? 'off' : 'on';
    this.name = parts.name;
    this.image = parts.image;
  }

  /**
   * Boots an image up to a root shell; SSH is connected in the background.
   * @throws TapbootError `guest-dead` when the guest dies or hangs on the way, `infra`
   *   when QEMU, a disk or the firmware fails, `scenario` when image and machine do not fit
   */
  static async boot(host: VmHost, options: BootOptions): Promise<BootImageVM> {
    const { parts, guest } = await bootMachine(host, options);
    return new BootImageVM(parts, guest);
  }

  /**
   * Restores a snapshot into a new QEMU and lets it prove that it is what it claims.
   * @param sameRun true when the snapshot's boot was made in this run
   * @throws TapbootError `infra` TAPBOOT_E_RESTORE or TAPBOOT_E_RESTORE_PROOF
   */
  static async restore(
    host: VmHost,
    name: string,
    state: Snapshot,
    sameRun: boolean,
  ): Promise<BootImageVM> {
    const { parts, guest } = await restoreMachine(host, name, state, sameRun);
    return new BootImageVM(parts, guest, state);
  }

  /** As it is now: disks that are plugged in belong to it. */
  get machine(): Machine {
    return this.#parts.machine;
  }

  get origin(): MachineOrigin {
    return this.#parts.origin;
  }

  get power(): 'on' | 'off' {
    return this.#power;
  }

  get console(): GuestConsole {
    return consoleOf(this.#on('use the console', true));
  }

  get death(): Promise<TapbootError> {
    return this.#guest?.watchdog.death ?? NEVER;
  }

  async settledDeath(): Promise<TapbootError | undefined> {
    return this.#guest && (await settledDeath(this.#guest));
  }

  /** Seconds from QEMU's start to the login, and to the first SSH command that returned. */
  get timings(): GuestTimings {
    return this.#guest?.timings ?? {};
  }

  /** Host port of the SSH forward on 127.0.0.1; undefined without a network. */
  async sshPort(): Promise<number | undefined> {
    return await this.#guest?.running.sshPort();
  }

  /** The guest's SSH host key, OpenSSH public format, once it is known. */
  get hostKey(): string | undefined {
    return this.#guest?.hostKey;
  }

  async channel(name?: ChannelName): Promise<Channel> {
    return await this.#on('use a channel').channel(name);
  }

  async run(
    command: string,
    options: RunOptions & { channel?: ChannelName },
  ): Promise<CommandResult> {
    const guest = this.#on('run a command');
    const started = performance.now();
    const channel = await guest.channel(options.channel, options.timeoutMs);
    // The timeout is of the whole: a connection that comes late leaves less to the command.
    const timeoutMs = Math.max(1, options.timeoutMs - (performance.now() - started));
    return await guest.guard(channel.run(command, { ...options, timeoutMs }));
  }

  async copyIn(options: CopyOptions & { mode: number | undefined }): Promise<Copied> {
    const at = this.#on('copy a file');
    return this.#warnUnlessDigested(options, await at.guard(copyIn(at, options)));
  }

  async copyOut(options: CopyOptions): Promise<Copied> {
    const at = this.#on('copy a file');
    return this.#warnUnlessDigested(options, await at.guard(copyOut(at, options)));
  }

  #warnUnlessDigested({ guest }: CopyOptions, copied: Copied): Copied {
    if (copied.digestBy !== undefined) return copied;
    const message = `${this.name}: the copy of the guest's ${guest} was checked by its size alone: the guest has no sha256sum, md5sum, busybox or openssl`;
    this.#parts.host.emit({ type: 'notice', level: 'warning', message });
    return copied;
  }

  async viewDisks(names: readonly string[]): Promise<DiskView[]> {
    return await viewDisks(this.#parts.disks, names, {
      directory: this.#parts.directory,
      power: this.#power,
      guest: this.#guest,
    });
  }

  async plugIn(machine: Machine, options: PlugOptions): Promise<Plugged | undefined> {
    const parts = this.#parts;
    const missing = machine.disks.filter(({ name }) => !parts.disks.names.includes(name));
    if (missing.length === 0) return undefined;
    const guest = this.#on('plug in disks');
    const plugged = await plugIn(parts, guest, missing, options);
    parts.machine = machine;
    parts.host.facts(parts.name, factsOf(parts, guest));
    return plugged;
  }

  async powerOff(timeoutMs: number): Promise<void> {
    await shutDown(this.#on('power off'), 'poweroff', timeoutMs);
    this.#power = 'off';
    this.#parts.host.emit({ type: 'vm:end', vm: this.name, reason: 'powered off' });
  }

  async cutPower(): Promise<void> {
    await pullThePlug(this.#on('cut the power'));
    this.#power = 'off';
    this.#parts.host.emit({ type: 'vm:end', vm: this.name, reason: 'power cut' });
  }

  async reboot(options: { from?: string; timeoutMs: number }): Promise<void> {
    if (this.#power === 'on') await shutDown(this.#on('reboot'), 'reboot', options.timeoutMs);
    if (options.from !== undefined) this.#parts.bootFrom = options.from;
    this.#guest = await startGuest(this.#parts);
    this.#power = 'on';
    await becomeUsable(this.#parts, this.#guest);
  }

  /**
   * Pauses a restored machine until {@link wake}. It has run a command by then, so that its code
   * is translated when it is needed.
   */
  async standBy(): Promise<void> {
    const guest = this.#on('stand by');
    if (guest.shell !== undefined) await this.run(':', { timeoutMs: STANDBY_MS, channel: 'shell' });
    await guest.running.qmp.execute('stop');
  }

  /**
   * Lets a machine on standby go on, its clock and random pool in the present.
   * @throws TapbootError `guest-dead` when it was lost meanwhile
   */
  async wake(): Promise<void> {
    const guest = this.#on('wake up');
    await guest.guard(guest.running.qmp.execute('cont'));
    guest.shell?.tell(freshenCommand());
  }

  /**
   * Saves the machine as it is now; it goes on afterwards.
   * @param key under which the snapshot is to be kept across runs
   */
  async save(key?: string): Promise<Snapshot> {
    return await this.states.save(key);
  }

  async screenshot(file: string): Promise<void> {
    await takeScreenshot(this.#on('take a picture').running, this.machine, file);
  }

  async checkpoint(name: string): Promise<void> {
    this.#checkpoints.set(name, await this.save());
  }

  readonly #checkpoints = new Map<string, Snapshot>();

  /** Snapshots saved by `checkpoint`, by name. */
  get checkpoints(): ReadonlyMap<string, Snapshot> {
    return this.#checkpoints;
  }

  /**
   * Waits until the machine has come to rest as far as the driver knows: SSH works, or has
   * failed. A failure is left to whoever asks for the channel.
   * @throws TapbootError `guest-dead` when the machine dies meanwhile; the interrupt's reason
   */
  async settle(): Promise<void> {
    await settle(this.#parts, this.#on('settle'));
  }

  async bootBeside(name: string, disks: readonly string[], tested = false): Promise<BootImageVM> {
    if (this.#power === 'on') {
      throw scenarioError(
        'TAPBOOT_E_DISKS_IN_USE',
        'a second machine cannot use the disks of a running one',
        { hint: 'Put `power: off` before this step.' },
      );
    }
    const { host } = this.#parts;
    const image = (tested ? undefined : await host.secondImage?.()) ?? this.image;
    const own = host.names.take(name);
    const { spec, identity } = image;
    host.facts(own, { image: { spec, identity } });
    const beside = disksBeside(this.#parts, disks);
    // What the scenario says of firmware is about its own image.
    if (image !== this.image) delete beside.machine.firmware;
    return await BootImageVM.boot(host, { name: own, image, ...beside });
  }

  async collectDiagnostics(reason: string): Promise<Artifact[]> {
    const { places, redact, emit } = this.#parts.host;
    const { diagnostics } = places(this.name);
    return await collectDiagnostics(this, reason, diagnostics, {
      redact,
      incomplete: (why) => {
        const message = `evidence of ${this.name} is missing: ${why}`;
        emit({ type: 'notice', level: 'warning', message });
      },
    });
  }

  /** The guest of a machine that is on; with `orOff`, also of one that was. */
  #on(what: string, orOff = false): Guest {
    if (this.#guest !== undefined && (orOff || this.#power === 'on')) return this.#guest;
    throw scenarioError('TAPBOOT_E_POWERED_OFF', `cannot ${what}: the machine is powered off`, {
      hint: 'After `power: off` only `disks` and `reboot` steps are allowed.',
    });
  }

  /** Ends QEMU at once and removes what the machine made. Idempotent. */
  async close(): Promise<void> {
    if (this.#power === 'on') {
      this.#power = 'off';
      this.#guest?.watchdog.stop();
      this.#parts.host.emit({ type: 'vm:end', vm: this.name, reason: 'closed' });
    }
    await this.#guest?.close();
    await this.#parts.scope.close();
    // A snapshot lives on in the directory, until the workspace goes.
    if (!this.states.kept) await rm(this.#parts.directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
