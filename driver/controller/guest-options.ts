import type { CarriedConsole } from '../channel/console/transcript.js';
import type { RunningMachine } from '../qemu/running-machine.js';
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
}
