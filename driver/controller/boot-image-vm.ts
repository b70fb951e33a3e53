import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Channel, ChannelName, CommandResult, RunOptions } from '../channel/channel.js';
import { collectDiagnostics } from '../diagnostics/index.js';
import { infraError, scenarioError, type TapbootError } from '../errors.js';
import type { Artifact, MachineOrigin } from '../events/events.js';
import type { BootImage, BootMedium } from '../image/image.js';
import { loadDeviceState, openState } from '../qemu/migration.js';
import type { MachineConfig, UefiFirmware } from '../qemu/machine.js';
import { RunningMachine } from '../qemu/running-machine.js';
import { safeCpuModel } from '../qemu/version.js';
import type { Machine } from '../scenario/model.js';
import { Scope } from '../scope.js';
import { copyIn, copyOut } from './copy.js';
import { writeCredentials } from './credentials.js';
import { DiskSet, type DiskRequest } from './disk-set.js';
import { viewDisks } from './disk-view.js';
import { consoleOf } from './guest-console.js';
import { Guest } from './guest.js';
import { joinInitrds } from './initrd.js';
import type { DiskView, GuestConsole, MachineUnderTest } from './machine-under-test.js';
import { disksFor, firmwareFor, mediumFor } from './medium.js';
import { saveStoppedMachine, type SavedState } from './saved-state.js';
import { SerialLog } from './serial-log.js';
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

/** Milliseconds for a restored shell to answer; it does in tenths of a second. */
const PROOF_MS = 30_000;

/** Locally administered, QEMU's own prefix (52:54:00); one address serves, each VM is alone on its net. */
const MAC = '52:54:00:74:62:01';

interface Parts {
  host: VmHost;
  name: string;
  image: BootImage;
  machine: Machine;
  medium: BootMedium;
  firmware: UefiFirmware | undefined;
  smbiosFiles: string[];
  directory: string;
  disks: DiskSet;
  log: SerialLog;
  scope: Scope;
  origin: MachineOrigin;
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
  readonly #parts: Parts;
  #guest: Guest;
  #power: 'on' | 'off' = 'on';
  #states = 0;

  private constructor(parts: Parts, guest: Guest) {
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
    const parts: Parts = {
      ...{ host, name, image, machine, medium, firmware, smbiosFiles, directory, disks, log },
      ...{ scope: new Scope(), origin },
    };
    const guest = await startGuest(parts, {});
    scope.use(guest);
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
    const { key, bootedAt, image, machine, medium, firmware, smbiosFiles } = state;
    const parts: Parts = {
      ...{ host, name, image, machine, medium, firmware, smbiosFiles, directory, disks, log },
      ...{ scope: new Scope(), origin: { kind: 'restored', key, bootedAt, sameRun } },
    };
    const guest = scope.use(await startGuest(parts, { state }));
    guest.bootToLoginSeconds = state.timings.bootToLoginSeconds;
    guest.bootToSshSeconds = state.timings.bootToSshSeconds;
    guest.watchdog.booted();
    const shell = await guest.attachShell();
    const proof = await guest.guard(shell.prove(PROOF_MS));
    if (proof.nonce !== state.proof.nonce || proof.count !== state.proof.counter + 1) {
      throw infraError('TAPBOOT_E_RESTORE_PROOF', 'the restored machine is not the one that was saved', {
        expected: `nonce ${state.proof.nonce}, counter ${String(state.proof.counter + 1)}`,
        got: `nonce ${proof.nonce === '' ? '(none)' : proof.nonce}, counter ${String(proof.count)}`,
        hint: 'Run again with --fresh to boot instead.',
      });
    }
    await guest.guard(shell.run(freshenCommand(), { timeoutMs: PROOF_MS }));
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
  get timings(): { bootToLoginSeconds: number | undefined; bootToSshSeconds: number | undefined } {
    const { bootToLoginSeconds, bootToSshSeconds } = this.#guest;
    return { bootToLoginSeconds, bootToSshSeconds };
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
    await this.#guest.guard(copyIn(this, { host, guest, mode, timeoutMs }));
  }

  async copyOut(guest: string, host: string, timeoutMs: number): Promise<void> {
    await this.#guest.guard(copyOut(this, { guest, host, timeoutMs }));
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
    const { from } = options;
    if (from !== undefined) {
      const firmware = this.#parts.firmware === undefined ? 'bios' : 'uefi';
      this.#parts.medium = { kind: 'disk', disk: from, format: 'qcow2', firmware };
    }
    this.#guest = await startGuest(this.#parts, from === undefined ? {} : { bootFrom: from });
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
      throw scenarioTimeout(how, timeoutMs, guest.transcript.tail());
    }
    await asked;
    await guest.close();
  }

  /** Saves the machine as it is now; it goes on afterwards. */
  async save(): Promise<SavedState> {
    this.#assertOn('save the machine');
    const parts = this.#parts;
    const guest = this.#guest;
    const shell = guest.shell;
    if (shell === undefined) {
      throw infraError('TAPBOOT_E_SAVE', 'this machine cannot be saved', {
        got: 'it has no shell channel that could prove a restored machine',
      });
    }
    const key = `${parts.image.identity.slice(0, 8)}-${randomBytes(4).toString('hex')}`;
    const nonce = randomBytes(8).toString('hex');
    await guest.guard(shell.plant(nonce));
    // A small state: clean pages of the page cache need not be in it.
    await guest.guard(
      shell.run('sync; echo 3 > /proc/sys/vm/drop_caches', { timeoutMs: PROOF_MS }),
    );
    await guest.running.qmp.execute('stop');
    try {
      const name = `state-${String(++this.#states)}`;
      const saved = await saveStoppedMachine(guest.running, parts.disks, parts.directory, name);
      const { bootToLoginSeconds, bootToSshSeconds } = guest;
      return {
        ...saved,
        key,
        ...{ image: parts.image, machine: parts.machine, medium: parts.medium },
        ...{ firmware: parts.firmware, smbiosFiles: parts.smbiosFiles },
        bootedAt: this.origin.bootedAt,
        proof: { nonce, counter: 0 },
        console: await readFile(parts.host.places(this.name).serialLog),
        timings: {
          ...(bootToLoginSeconds === undefined ? {} : { bootToLoginSeconds }),
          ...(bootToSshSeconds === undefined ? {} : { bootToSshSeconds }),
        },
        hostKey: guest.hostKey,
      };
    } finally {
      await guest.running.qmp.execute('cont');
    }
  }

  async checkpoint(name: string): Promise<void> {
    this.#checkpoints.set(name, await this.save());
  }

  readonly #checkpoints = new Map<string, SavedState>();

  /** States saved by `checkpoint`, by name. */
  get checkpoints(): ReadonlyMap<string, SavedState> {
    return this.#checkpoints;
  }

  /** Waits until SSH works, or has failed; the outcome is left to who asks for the channel. */
  async settleSsh(): Promise<void> {
    await this.#guest.channel('ssh').catch(() => undefined);
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
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
