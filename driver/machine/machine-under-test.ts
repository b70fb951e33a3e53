import type { GuestConsole } from './guest.js';
import type { Channel, CommandResult, RunOptions } from '../channel/channel.js';
import type { ChannelName } from '../language/step-base.js';
import type { TapbootError } from '../errors.js';
import type { Artifact, MachineOrigin } from '../events/events.js';
import type { Machine } from '../language/machine-shape.js';
import type { Plugged, PlugOptions } from './hot-plug.js';
import type { Copied, CopyOptions } from './copy.js';

/** A raw disk image on the host that shows a disk of the machine as it is now. */
export interface DiskView extends AsyncDisposable {
  disk: string;
  /** Sparse raw file; removed when disposed of. */
  path: string;
  /** `power-off`: final; `synced`: flushed and paused; `unsynced`: the guest could not be flushed any more. */
  state: 'power-off' | 'synced' | 'unsynced';
}

/**
 * What steps may do with a machine. Every call rejects with a `guest-dead`
 * TapbootError as soon as the machine dies, whatever it was waiting for.
 */
export interface MachineUnderTest {
  readonly name: string;
  readonly image: { spec: string };
  readonly machine: Machine;
  readonly origin: MachineOrigin;
  /** `off` after an orderly power-off or a cut. */
  readonly power: 'on' | 'off';
  readonly console: GuestConsole;
  /** Resolves (never rejects) when the machine is lost unasked. */
  readonly death: Promise<TapbootError>;
  /**
   * Resolves once it is certain whether the machine lives: to its death, or to undefined.
   * Whatever the kernel had logged before the call counts, and is read by then. Of a machine
   * that is off: what it was lost by before, if it was. Never rejects.
   */
  settledDeath(): Promise<TapbootError | undefined>;
  /**
   * The channel demanded, or the best one ready (shell, then ssh, then console).
   * `ssh` is connected on demand.
   * @throws TapbootError `infra`/`product` when it cannot be had, saying why
   */
  channel(name?: ChannelName): Promise<Channel>;
  /** Runs a command on {@link channel}. */
  run(command: string, options: RunOptions & { channel?: ChannelName }): Promise<CommandResult>;
  /** Copies one file into the guest, whole or not at all: see `copyIn` of `copy.ts`. */
  copyIn(options: CopyOptions & { mode: number | undefined }): Promise<Copied>;
  /** Copies one file out of the guest, whole or not at all. */
  copyOut(options: CopyOptions): Promise<Copied>;
  /** Views of the named disks; a running machine is flushed and paused for as long as it takes. */
  viewDisks(names: readonly string[]): Promise<DiskView[]>;
  /**
   * Plugs in what `machine` has of disks beyond those of this one, once the boot is over.
   * @returns undefined when nothing was missing
   * @throws TapbootError as `plugIn` of `hot-plug.ts`
   */
  plugIn(machine: Machine, options: PlugOptions): Promise<Plugged | undefined>;
  /** Orderly shutdown, waited for. */
  powerOff(timeoutMs: number): Promise<void>;
  /** Pulls the plug: what the guest had not written is lost. */
  cutPower(): Promise<void>;
  /**
   * Orderly reboot, then the driver's channels again; with `from`, boots from that disk. A
   * machine that is off is booted.
   */
  reboot(options: { from?: string; timeoutMs: number }): Promise<void>;
  /**
   * Writes a PNG of the display to `file` (absolute).
   * @throws TapbootError `scenario` TAPBOOT_E_NO_DISPLAY without one
   */
  screenshot(file: string): Promise<void>;
  /** Saves the machine under a name. */
  checkpoint(name: string): Promise<void>;
  /**
   * A second machine with a blank `vda` and overlays of the named disks as `vdb`, `vdc`, …;
   * this machine must be powered off. Closed by the caller.
   * @param tested boot the image under test, not that of the host's second machines
   */
  bootBeside(
    name: string,
    disks: readonly string[],
    tested?: boolean,
  ): Promise<MachineUnderTest & AsyncDisposable>;
  /** Diagnostics of a phase that failed; files that were written. Never throws. */
  collectDiagnostics(reason: string): Promise<Artifact[]>;
}
