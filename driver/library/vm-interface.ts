import type { CommandResult } from '../channel/channel.js';
import { type TapbootError } from '../errors.js';
import type { Artifact, MachineOrigin } from '../events/events.js';
import type { ImageArtifact } from '../image/image.js';
import type { Machine } from '../language/machine-shape.js';
import type { ChannelName } from '../language/step-base.js';
import type { DiskView } from '../machine/machine-under-test.js';
import type { InspectOptions, Inspection } from '../residue/finding.js';

/** How long something may take. */
export interface Limit {
  /** Milliseconds; each method says its default. */
  timeoutMs?: number;
  /** Aborts the wait; a command is killed in the guest. */
  signal?: AbortSignal;
}

/** How a command is run. */
export interface CommandOptions extends Limit {
  /** The way in; default: the best one that is ready (shell, then ssh, then console). */
  channel?: ChannelName;
  /** Text for standard input; without it, /dev/null. */
  stdin?: string;
  /** Bytes kept of each output stream (default 1 MiB); what is beyond is counted in `dropped`. */
  outputLimit?: number;
}

/** The serial console. Positions are character offsets in its decoded text. */
export interface VmConsole {
  /** Position behind everything seen so far. */
  mark(): number;
  /** Types `text` as it is; a line ends with `\n` only if it says so. */
  send(text: string): void;
  /**
   * Waits until text appears (colours and titles stripped, line ends normalised).
   * @param options `from`: a position, `boot` for all since the boot, `now` (default) from here
   *   on; default timeout 60 000 ms
   * @returns the text that matched, and the position behind it
   * @throws TapbootError `product` TAPBOOT_E_CONSOLE_TIMEOUT with the tail of the console
   */
  expect(
    look: string | RegExp,
    options?: Limit & { from?: number | 'boot' | 'now' },
  ): Promise<{ text: string; end: number }>;
  /** The last characters of the console's text; all of it when no number is given. */
  tail(characters?: number): string;
}

/** A machine at one moment: memory, devices and disks. Valid until the session ends. */
export interface VmState {
  /** Names the snapshot in the record. */
  readonly key: string;
  /** Bytes of memory and devices on the host's disk. */
  readonly bytes: number;
  /** ISO 8601: when the boot that it descends from was made. */
  readonly bootedAt: string;
}

/** Where a machine's SSH server is reached from the host. */
export interface SshAccess {
  host: string;
  port: number;
  user: string;
  /** Private key of this session, mode 0600. */
  keyFile: string;
}

/** Places of the record; absolute paths. */
export interface RecordPlaces {
  directory: string;
  metadata: string;
  harnessLog: string;
}

/**
 * A boot image running in QEMU, as a test sees it. Every method rejects with a `guest-dead`
 * {@link TapbootError} as soon as the machine is lost, whatever it was waiting for.
 */
export interface BootImageVM extends AsyncDisposable {
  /** Names the machine in the record: `vm`, `vm-2`, … */
  readonly name: string;
  readonly machine: Machine;
  /** Booted, or restored from a boot of this session or of an earlier run. */
  readonly origin: MachineOrigin;
  /** `off` after {@link powerOff} or {@link cutPower}. */
  readonly power: 'on' | 'off';
  /** What it was booted from. */
  readonly image: {
    spec: string;
    identity: string;
    cached: boolean;
    buildSeconds?: number;
    artifact: ImageArtifact;
  };
  /** QEMU as it was started. */
  readonly qemu: { command: readonly string[]; version: string };
  /** Seconds from QEMU's start, of a restored machine those of its boot; absent when not known. */
  readonly timings: { bootToLoginSeconds?: number; bootToSshSeconds?: number };
  readonly record: RecordPlaces;
  /** What the guest printed on its console, byte by byte. */
  readonly serialLog: string;
  /** Files of the disks, qcow2, by name. */
  readonly diskFiles: Readonly<Record<string, string>>;
  readonly console: VmConsole;
  /** Resolves (never rejects) when the machine is lost unasked. */
  readonly death: Promise<TapbootError>;

  /**
   * Runs a command as root. Resolves also for a non-zero exit status and for a timeout:
   * judging is the test's. Default timeout 60 000 ms.
   */
  run(command: string, options?: CommandOptions): Promise<CommandResult>;
  /**
   * Runs a command that has to succeed.
   * @returns its stdout
   * @throws TapbootError `product` TAPBOOT_E_COMMAND_STATUS or TAPBOOT_E_COMMAND_TIMEOUT
   */
  succeed(command: string, options?: CommandOptions): Promise<string>;
  /** {@link run} over a real SSH connection, with the guest's host key checked. */
  ssh(command: string, options?: Omit<CommandOptions, 'channel'>): Promise<CommandResult>;
  /** For SSH clients of the test's own; undefined without a network. */
  sshAccess(): Promise<SshAccess | undefined>;

  /**
   * Waits until a unit has run and ended since the boot; `failed` ends the wait at once.
   * Default: it must end `inactive`, within 240 000 ms.
   * @returns how it ended
   * @throws TapbootError `product` with the unit's status and journal
   */
  waitForUnit(
    unit: string,
    options?: Limit & { ended?: 'inactive' | 'failed' | 'any' },
  ): Promise<string>;
  /** Waits until a unit is active. Default timeout 240 000 ms. */
  waitForActiveUnit(unit: string, options?: Limit): Promise<void>;
  /**
   * (Re)starts a unit and waits for the end of this very run. Default: `restart`, ended
   * `inactive`, within 240 000 ms.
   * @param options `environment` is handed to the unit, and taken back after its end
   * @returns how it ended
   */
  startUnit(
    unit: string,
    options?: Limit & {
      action?: 'start' | 'restart';
      ended?: 'inactive' | 'failed' | 'any';
      environment?: Record<string, string>;
    },
  ): Promise<string>;
  /**
   * Waits until a file is there and holds every text and matches every pattern. Default
   * timeout 60 000 ms.
   * @returns its content
   */
  waitForFile(
    path: string,
    options?: Limit & { contains?: string | string[]; matches?: RegExp | RegExp[] },
  ): Promise<string>;
  /** Waits until something listens on a TCP port of the guest. Default timeout 60 000 ms. */
  waitForPort(port: number, options?: Limit): Promise<void>;
  /**
   * Waits until an interface has a global IPv4 address. Default timeout 240 000 ms.
   * @returns the address, without the prefix length
   */
  waitForIpv4(interfaceName: string, options?: Limit): Promise<string>;
  /**
   * Waits until the console shows text, or has shown it since the boot. Default timeout
   * 60 000 ms.
   * @returns the text that matched
   */
  waitForConsole(
    look: string | RegExp,
    options?: Limit & { from?: 'boot' | 'now' },
  ): Promise<string>;
  /**
   * Repeats a command in the guest until it succeeds. Default timeout 60 000 ms.
   * @returns its stdout
   */
  waitForCommand(command: string, options?: Limit): Promise<string>;

  /** Copies a file in; `mode` default: the host file's. Default timeout 60 000 ms. */
  copyIn(host: string, guest: string, options?: Limit & { mode?: number }): Promise<void>;
  /** Copies a file out. Default timeout 60 000 ms. */
  copyOut(guest: string, host: string, options?: Limit): Promise<void>;

  /**
   * Raw copies of disks on the host, to look at: final ones of a machine that is off, else
   * flushed and taken while the machine is paused. Dispose of each.
   */
  viewDisks(names: readonly string[]): Promise<DiskView[]>;
  /** What lies on a disk: {@link viewDisks} and `inspectDisk` in one. */
  inspectDisk(name: string, options?: InspectOptions): Promise<Inspection>;

  /** Orderly shutdown, waited for. Default timeout 60 000 ms. */
  powerOff(options?: Limit): Promise<void>;
  /** Pulls the plug: what the guest had not written is lost. */
  cutPower(): Promise<void>;
  /**
   * Orderly reboot; with `from`, boots from that disk. Boots a machine that is off. Default
   * timeout 60 000 ms for the shutdown.
   */
  reboot(options?: Limit & { from?: string }): Promise<void>;

  /** Saves the machine as it is; it goes on. */
  save(): Promise<VmState>;
  /** Puts this machine back to a snapshot, for everyone who shares it. */
  restore(state: VmState): Promise<void>;

  /** Diagnostics as after a failure; files that were written. Never throws. */
  collectDiagnostics(reason: string): Promise<Artifact[]>;
  /**
   * Says that a test failed on this machine: the run's outcome becomes `failed`, and the
   * evidence of this moment is kept. Never throws.
   */
  markFailed(reason: string): Promise<void>;

  /**
   * Ends this use of the machine. A machine of one's own (`pristine`, `from`) is closed; the
   * shared one goes on until the session ends. Idempotent.
   */
  close(): Promise<void>;
}
