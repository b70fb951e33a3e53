import type { TextPattern } from '../language/expectation.js';
import type { ShardNumber } from './shard.js';

/** Everything that environment and flags decide about a run, read once at the edge. */
export interface RunSettings {
  /** Seconds from QEMU's start to a usable console. */
  spawnTimeoutSeconds: number;
  /** Seconds from a usable console to a working SSH command. */
  loginTimeoutSeconds: number;
  /** Absolute path of the ledger; undefined when it is switched off. */
  ledgerPath: string | undefined;
  /** Absolute path of the queue: beside the ledger, also when the ledger is off. */
  queuePath: string;
  /** Absolute directory that run directories are made in. */
  logRoot: string;
  /** SPEC of the boot image; undefined means the embedded default. */
  image: string | undefined;
  /** `CODE:VARS` of UEFI firmware; undefined: the host's. */
  firmware: string | undefined;
  /** SPEC of the image of second machines, or `tested`: that of the image under test. */
  secondImage: string;
  /** Undefined: `pretty` on a terminal, else `tap`. */
  reporter: 'tap' | 'pretty' | undefined;
  tapVersion: 13 | 14;
  tapFlat: boolean;
  accel: 'auto' | 'kvm' | 'tcg';
  fresh: boolean;
  /** Whether the next machine is restored while a scenario runs. */
  standby: 'auto' | 'off';
  /** Reuse and keep the snapshots behind single steps. */
  incremental: boolean;
  repeat: number;
  /** Scenarios side by side; undefined: as many as the host bears. */
  workers: number | undefined;
  /** Further attempts after a failed one. */
  retries: number;
  /** Reports beside the one on stdout, as they were asked for: `NAME=TARGET`. */
  reports: readonly string[];
  /** Absolute; undefined when no file was named: then `known-issues.yaml`, if there is one. */
  knownIssuesPath: string | undefined;
  /** Only scenarios whose id or headline has it. */
  grep: TextPattern | undefined;
  /** Only scenarios that failed when they last ran. */
  lastFailed: boolean;
  /** The part of the selected scenarios that this run has. */
  shard: ShardNumber | undefined;
  /** Absolute path of a ledger by whose durations shards are divided; undefined: by a hash. */
  shardTimesPath: string | undefined;
  /** Failed scenarios after which no further one is begun. */
  maxFailures: number | undefined;
  /** Milliseconds after which no further scenario is begun. */
  timeLimitMs: number | undefined;
  /** What timeouts of steps are multiplied by; `auto`: by the accelerator. */
  timeoutFactor: number | 'auto';
  budgetMinutes: number;
  /** Never more than this, whatever fits: minutes. */
  hardBudgetMinutes: number;
  /** A run of this many seconds or more is flagged. */
  sessionCeilingSeconds: number;
  /** Absolute directory of the snapshots; undefined: `snapshots` in the cache directory. */
  snapshotDirectory: string | undefined;
  /** What the snapshots may take together on the disk. */
  snapshotLimitBytes: number;
  /** RAM format of snapshots; see driver/machine/snapshot/migration/formats.ts. */
  ramFormat: 'auto' | 'stream' | 'mapped-ram' | 'shared-ram';
  resume: boolean;
  debug: boolean;
  /** How long a machine is kept for debugging where nobody sits at a terminal. */
  debugForMs: number;
  /** What is kept of a machine when a step fails. */
  capture: 'failure' | 'every-step' | 'none';
  /** False when colour is refused (`NO_COLOR`, `--no-color`, `TERM=dumb`). */
  color: boolean;
  /** True in a terminal that cannot move its cursor. */
  dumbTerminal: boolean;
  /** True when a CI service runs us: line mode, no live status. */
  ci: boolean;
}
