import { rm } from 'node:fs/promises';
import type { Channel, ChannelName, CommandResult, RunOptions } from '../channel/channel.js';
import { productError, scenarioError, type TapbootError } from '../errors.js';
import { collectDiagnostics } from '../diagnostics/index.js';
import type { Artifact, MachineOrigin } from '../events/events.js';
import type { BootImage } from '../image/image.js';
import type { Machine } from '../scenario/model.js';
import { Scope } from '../scope.js';
import {
  becomeUsable,
  factsOf,
  openLog,
  ownDirectory,
  startGuest,
  type MachineParts,
} from './boot-sequence.js';
import { copyIn, copyOut } from './copy.js';
import { writeCredentials } from './credentials.js';
import { DiskSet, type DiskRequest } from './disk-set.js';
import { viewDisks } from './disk-view.js';
import { consoleOf } from './guest-console.js';
import type { Guest, GuestTimings } from './guest.js';
import type { DiskView, GuestConsole, MachineUnderTest } from './machine-under-test.js';
import { disksFor, firmwareFor, mediumFor } from './medium.js';
import { proveRestored, saveState, type SavedState } from './saved-state.js';
import type { VmHost } from './vm-host.js';

/** What to boot. */
export interface BootOptions {
  /** Unique in the run; names the VM in TAP, logs and record. */
  name: string;
  image: BootImage;
  machine: Machine;
  /** Instead of blank disks; default: what machine and image ask for. */
  disks?: DiskRequest[];
}

/**
 * A boot image running in QEMU: the controller. Made by {@link BootImageVM.boot} or
 * {@link BootImageVM.restore}; ends, with everything it made, by `close`.
 */
export class BootImageVM implements MachineUnderTest, AsyncDisposable {
  readonly name: string;
  readonly machine: Machine;
  readonly origin: MachineOrigin;
  readonly image: BootImage;
  readonly #parts: MachineParts;
  #guest: Guest;
  #power: 'on' | 'off' = 'on';
  #states = 0;

  private constructor(parts: MachineParts, guest: Guest) {
    this.#parts = parts;
    this.#guest = guest;
    this.name = parts.name;
    this.machine = parts.machine;
    this.origin = parts.origin;
    this.image = parts.image;
  }

  /**
   * Boots an image up to a root shell; SSH is connected in the background.
   * @throws TapbootError `guest-dead` when the guest dies or hangs on the way, `infra`
   *   when QEMU, a disk or the firmware fails, `scenario` when image and machine do not fit
   */
  static async boot(host: VmHost, options: BootOptions): Promise<BootImageVM> {
    const { name, image, machine } = options;
    const medium = mediumFor(image, machine);
    await using scope = new Scope();
    const directory = await ownDirectory(host, name);
    const [disks, firmware, smbiosFiles] = await Promise.all([
      DiskSet.create(directory, options.disks ?? disksFor(machine, medium)),
      firmwareFor(medium, directory, host.firmware),
      image.access.root === 'console' ? [] : writeCredentials(directory, host.keys),
    ]);
    const log = scope.use(openLog(host, name));
    const origin: MachineOrigin = { kind: 'booted', bootedAt: new Date().toISOString() };
    const parts: MachineParts = {
      ...{ host, name, image, machine, medium, firmware, smbiosFiles, directory, disks, log },
      ...{ scope: new Scope(), origin },
    };
    const guest = scope.use(await startGuest(parts));
    await becomeUsable(parts, guest);
    parts.scope = scope.release();
    return new BootImageVM(parts, guest);
  }

  /**
   * Restores a saved state into a new QEMU and lets it prove that it is what it claims.
   * @throws TapbootError `infra` TAPBOOT_E_RESTORE or TAPBOOT_E_RESTORE_PROOF
   */
  static async restore(host: VmHost, name: string, state: SavedState, sameRun: boolean): Promise<BootImageVM> {
    await using scope = new Scope();
    const directory = await ownDirectory(host, name);
    const disks = await DiskSet.create(
      directory,
      state.disks.map((disk) => ({
        ...{ name: disk.name, sizeBytes: disk.sizeBytes },
        backing: { path: disk.path, format: 'qcow2' as const },
      })),
    );
    const log = scope.use(openLog(host, name));
    const { key, bootedAt, image, machine, medium, firmware, smbiosFiles, bootFrom } = state;
    const parts: MachineParts = {
      ...{ host, name, image, machine, medium, firmware, smbiosFiles, directory, disks, log },
      ...{ scope: new Scope(), origin: { kind: 'restored', key, bootedAt, sameRun } },
      ...(bootFrom === undefined ? {} : { bootFrom }),
    };
    const guest = scope.use(await startGuest(parts, state));
    await proveRestored(guest, state);
    host.facts(name, factsOf(parts, guest));
    parts.scope = scope.release();
    return new BootImageVM(parts, guest);
  }

  get power(): 'on' | 'off' {
    return this.#power;
  }

  get console(): GuestConsole {
    return consoleOf(this.#guest);
  }

  get death(): Promise<TapbootError> {
    return this.#guest.watchdog.death;
  }

  /** Seconds from QEMU's start to the login, and to the first SSH command that returned. */
  get timings(): GuestTimings {
    return this.#guest.timings;
  }

  /** Host port of the SSH forward on 127.0.0.1; undefined without a network. */
  async sshPort(): Promise<number | undefined> {
    return await this.#guest.running.sshPort();
  }

  async channel(name?: ChannelName): Promise<Channel> {
    this.#assertOn('use a channel');
    return await this.#guest.channel(name);
  }

  async run(
    command: string,
    options: RunOptions & { channel?: ChannelName },
  ): Promise<CommandResult> {
    const channel = await this.channel(options.channel);
    return await this.#guest.guard(channel.run(command, options));
  }

  async copyIn(host: string, guest: string, mode: number | undefined, timeoutMs: number): Promise<void> {
    await this.#guest.guard(copyIn(this.#guest, { host, guest, mode, timeoutMs }));
  }

  async copyOut(guest: string, host: string, timeoutMs: number): Promise<void> {
    await this.#guest.guard(copyOut(this.#guest, { guest, host, timeoutMs }));
  }

  async viewDisks(names: readonly string[]): Promise<DiskView[]> {
    return await viewDisks(this.#parts.disks, names, {
      directory: this.#parts.directory,
      power: this.#power,
      guest: this.#guest,
    });
  }

  async powerOff(timeoutMs: number): Promise<void> {
    this.#assertOn('power off');
    await this.#shutDown('poweroff', timeoutMs);
    this.#power = 'off';
    this.#parts.host.emit({ type: 'vm:end', vm: this.name, reason: 'powered off' });
  }

  async cutPower(): Promise<void> {
    this.#assertOn('cut the power');
    this.#guest.watchdog.expected('poweroff');
    // `quit` and not a kill: what the guest has written to its disks is on them.
    await this.#guest.running.qmp.execute('quit').catch(() => undefined);
    await this.#guest.running.process.exited;
    await this.#guest.close();
    this.#power = 'off';
    this.#parts.host.emit({ type: 'vm:end', vm: this.name, reason: 'power cut' });
  }

  async reboot(options: { from?: string; timeoutMs: number }): Promise<void> {
    this.#assertOn('reboot');
    await this.#shutDown('reboot', options.timeoutMs);
    if (options.from !== undefined) this.#parts.bootFrom = options.from;
    this.#guest = await startGuest(this.#parts);
    await becomeUsable(this.#parts, this.#guest);
  }

  async #shutDown(how: 'poweroff' | 'reboot', timeoutMs: number): Promise<void> {
    const guest = this.#guest;
    const channel = await guest.channel();
    guest.watchdog.expected(how);
    // The command may or may not return before the guest is gone.
    const asked = channel.run(`systemctl ${how} || ${how}`, { timeoutMs }).catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => {
        resolve('late');
      }, timeoutMs);
    });
    const end = await Promise.race([guest.running.process.exited, late, guest.lost]);
    clearTimeout(timer);
    if (end === 'late') {
      throw productError('TAPBOOT_E_SHUTDOWN_TIMEOUT', `the guest did not ${how} in time`, {
        expected: `${how} within ${String(timeoutMs / 1000)} s`,
        got: 'it still runs',
        output: guest.transcript.tail(),
      });
    }
    await asked;
    await guest.close();
  }

  /** Saves the machine as it is now; it goes on afterwards. See {@link saveState}. */
  async save(): Promise<SavedState> {
    this.#assertOn('save the machine');
    return await saveState(this.#parts, this.#guest, `state-${String(++this.#states)}`);
  }

  async checkpoint(name: string): Promise<void> {
    this.#checkpoints.set(name, await this.save());
  }

  readonly #checkpoints = new Map<string, SavedState>();

  /** States saved by `checkpoint`, by name. */
  get checkpoints(): ReadonlyMap<string, SavedState> {
    return this.#checkpoints;
  }

  /**
   * Waits until the machine has come to rest as far as the driver knows: SSH works, or has
   * failed. A failure is left to whoever asks for the channel.
   * @throws TapbootError `guest-dead` when the machine dies meanwhile
   */
  async settle(): Promise<void> {
    if (this.machine.network !== 'none') {
      await this.#guest.guard(this.#guest.channel('ssh').catch(() => undefined));
    }
    this.#parts.host.facts(this.name, factsOf(this.#parts, this.#guest));
  }

  async bootBeside(name: string, disks: readonly string[]): Promise<BootImageVM> {
    if (this.#power === 'on') {
      throw scenarioError(
        'TAPBOOT_E_DISKS_IN_USE',
        'a second machine cannot use the disks of one that runs',
        { hint: 'Put `power: off` before this step.' },
      );
    }
    const { host, disks: mine } = this.#parts;
    const [system] = this.machine.disks;
    const beside: DiskRequest[] = [
      ...(system === undefined ? [] : [{ ...system }]),
      ...disks.map((disk, index) => ({
        name: `vd${String.fromCharCode('b'.charCodeAt(0) + index)}`,
        sizeBytes: this.machine.disks.find((each) => each.name === disk)?.sizeBytes ?? 0,
        backing: { path: mine.overlay(disk), format: 'qcow2' as const },
      })),
    ];
    const machine = {
      ...this.machine,
      disks: beside.map(({ name: disk, sizeBytes }) => ({ name: disk, sizeBytes })),
    };
    return await BootImageVM.boot(host, { name, image: this.image, machine, disks: beside });
  }

  async collectDiagnostics(reason: string): Promise<Artifact[]> {
    return await collectDiagnostics(this, reason, this.#parts.host.places(this.name).diagnostics);
  }

  #assertOn(what: string): void {
    if (this.#power === 'on') return;
    throw scenarioError('TAPBOOT_E_POWERED_OFF', `cannot ${what}: the machine is powered off`, {
      hint: 'After `power: off` only `disks` steps make sense.',
    });
  }

  /** Ends QEMU at once and removes what the machine made. Idempotent. */
  async close(): Promise<void> {
    if (this.#power === 'on') {
      this.#power = 'off';
      this.#guest.watchdog.stop();
      this.#parts.host.emit({ type: 'vm:end', vm: this.name, reason: 'closed' });
    }
    await this.#guest.close();
    await this.#parts.scope.close();
    // A saved state lives on in the directory, until the workspace goes.
    if (this.#states === 0) await rm(this.#parts.directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
