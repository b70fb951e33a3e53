import type { ConsoleTranscript } from '../../channel/console/transcript.js';
import type { Finding } from './console-detector.js';

/** Options of Watchdog. */
export interface WatchdogOptions {
  transcript: ConsoleTranscript;
  /** Milliseconds of silence on the console, until `booted`, that count as a hang. */
  bootSilenceMs: number;
  /** The most seconds that the guest's kernel can have run by now; absent: nobody knows. */
  guestAge?: () => number;
  /** Milliseconds between heartbeats (default 10 s). */
  heartbeatIntervalMs?: number;
  /** Milliseconds for an answer (default 20 s: an emulated guest may be very busy). */
  heartbeatTimeoutMs?: number;
  /** Gets everything that is found, deaths included: for harness.log and diagnostics. */
  onFinding?: (finding: Finding) => void;
  /** Heartbeats alone do not keep the process alive. */
  background?: boolean;
}

/** How QEMU ended; see driver/qemu. */
export interface QemuExitLike {
  code: number | undefined;
  signal?: string | undefined;
  stderr: string;
}
