import type { CarriedConsole } from '../channel/console/transcript.js';
import type { GuestAccess } from '../language/guest-access.js';
import type { RunningMachine } from './qemu/running-machine.js';
import type { SerialLog } from './serial-log.js';
import type { VmHost } from './vm-host.js';

/** Seconds from QEMU's start; what is not known is absent. */
export interface GuestTimings {
  bootToLoginSeconds?: number;
  bootToSshSeconds?: number;
}

/** Options of {@link Guest}. */
export interface GuestOptions {
  host: VmHost;
  running: RunningMachine;
  /** `performance.now()` when QEMU was started. */
  startedAt: number;
  log: SerialLog;
  /** What the console had said before, of a restored machine. */
  carried?: CarriedConsole;
  /** How old a restored machine was when it was saved, in seconds; `Infinity`: nobody knows. */
  pastSeconds?: number;
}

/** What a saved state knows of the guest in it. */
export interface GuestPast {
  timings: GuestTimings;
  hostKey: string | undefined;
  /** Commands can go over the console, by the access of this image. */
  consoleLogin?: true;
  /** It answered nothing any more when it was saved. */
  unasked?: true;
  image: { access: GuestAccess };
}
