import type { BootImage } from '../image/image.js';
import type { NewEvent } from '../events/events.js';
import type { VmFacts } from '../events/vm-facts.js';
import type { TextFilter } from './console-recording.js';
import type { GuestCredentials } from './credentials.js';
import type { AcceleratorChoice } from './qemu/accelerator.js';
import type { QemuBinary } from './qemu/version.js';
import type { DirectFormat } from './snapshot/migration/formats.js';

/** Keys of one run, made for it and gone with it. */
export interface RunKeys extends GuestCredentials {
  /** Client private key in OpenSSH format. */
  clientPrivateKey: string;
  /** The same in a file of mode 0600, for `ssh -i`. */
  clientKeyFile: string;
  /** Public half of `hostPrivateKey`, one OpenSSH line without comment. */
  hostPublicKey: string;
  /** `SHA256:…` of the client key. */
  fingerprint: string;
}

/** What all machines of a run share. The controller knows the outside world by this alone. */
export interface VmHost {
  qemu: QemuBinary;
  accelerator: AcceleratorChoice;
  keys: RunKeys;
  /** Short private directory for overlays, sockets, snapshots. */
  workspace: string;
  names: VmNames;
  /** Milliseconds from QEMU's start to a usable console, and from there to SSH. */
  timeouts: { spawnMs: number; loginMs: number };
  /** The image of second machines (`disks.resurrect`); absent: that of the machine they stand beside. */
  secondImage?: () => Promise<BootImage>;
  /** `CODE:VARS` of UEFI firmware; absent: where distributions put it. */
  firmware?: string;
  emit(event: NewEvent): void;
  /** A line for harness.log. */
  log(line: string): void;
  /** Where a VM's evidence goes; the same name, the same places. */
  places(vm: string): { serialLog: string; diagnostics: string };
  /** Replaces the values that no file may show. */
  redact?: (text: string) => string;
  /** The same for a console, which arrives in pieces; one for each recording. */
  consoleFilter?: () => TextFilter;
  /** Facts for metadata.json. */
  facts(vm: string, facts: VmFacts): void;
  /** Told where a VM's sshd is to be reached, for other processes of this user. */
  reachable?: (vm: string, ssh: { port: number; hostKey: string | undefined }) => void;
  /** The RAM format in which machines are first saved; absent: a stream. */
  directFormat?: () => DirectFormat;
  signal?: AbortSignal;
  /** A machine that nobody waits for does not keep the process alive (test files end by that). */
  background?: boolean;
}

/** The names of a run's VMs. Record, logs and reports tell VMs apart by them: no two are equal. */
export class VmNames {
  readonly #taken = new Set<string>();

  /** @returns the name wanted; where another VM has it, with a number: `x-2`, `x-3`, … */
  take(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}-${String(number)}`;
    this.#taken.add(name);
    return name;
  }
}
