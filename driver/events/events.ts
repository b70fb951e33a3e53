import type { EndingSignal } from '../ending.js';
import type { ErrorCode, FailureClass } from '../error-codes.js';
import type { SourceLocation } from '../location.js';

/** Result of one step. `reused` came with a restored snapshot; it is never counted as a pass. */
export type StepOutcome = 'passed' | 'failed' | 'skipped' | 'reused';

/**
 * Result of one scenario; `flaky` is a pass that needed a retry, `known` a failure that
 * `known-issues.yaml` names. `queued` and `not-run` were not begun: one waits for `--resume`, the
 * other for nobody.
 */
export type ScenarioOutcome =
  'passed' | 'flaky' | 'known' | 'failed' | 'queued' | 'not-run' | 'interrupted';

/** Result of a run as the ledger has it: `error` is anything that is no verdict on the product. */
export type RunOutcome = 'passed' | 'flaky' | 'failed' | 'error';

/** What the kernel of a machine was started with. */
export interface KernelCommandLine {
  text: string;
  /** Read in the guest (/proc/cmdline), printed by its kernel on the console, or given to QEMU. */
  source: 'guest' | 'console' | 'qemu';
}

/** How the machine of a scenario came to be; `kernel` is of its last boot, where it is known. */
export type MachineOrigin = { kernel?: KernelCommandLine } & (
  | { kind: 'booted'; bootedAt: string }
  | {
      kind: 'restored';
      /** Key of the snapshot. */
      key: string;
      /** When the boot that the snapshot descends from was made (ISO 8601). */
      bootedAt: string;
      /** True when that boot was made in this run. */
      sameRun: boolean;
    }
);

/** A file kept as evidence; `path` is absolute. */
export interface Artifact {
  label: string;
  path: string;
}

/** What was expected, and what there was, of one expectation that did not hold. */
export interface Mismatch {
  what: string;
  expected: string;
  got: string;
  /** Unified diff, when the texts have several lines. */
  diff?: string;
}

/** Why a step, a scenario or a run did not pass. */
export interface Failure {
  class: FailureClass;
  code: ErrorCode;
  message: string;
  /** `setup`, `build`, `boot`, `login`, `step`, `teardown`. */
  phase: Phase;
  at?: SourceLocation;
  mismatches: Mismatch[];
  /** What to do next. */
  hint?: string;
  /** Source excerpt around `at`. */
  frame?: string;
  /** Last lines of whatever led here (console, journal). */
  output?: string;
  /** Last lines of the guest's console when a step failed, where `output` is another's. */
  console?: string;
  artifacts: Artifact[];
  /** The entry of `known-issues.yaml` that names this failure. */
  knownIssue?: KnownIssue;
}

/** A failure that is known and tolerated until a day. */
export interface KnownIssue {
  reason: string;
  owner: string;
  /** ISO 8601 date; from the next day on the entry fails the run. */
  expires: string;
}

/** The stages of a run, in their order; `restore` and `save` are of VM snapshots. */
export type Phase = 'setup' | 'build' | 'boot' | 'restore' | 'save' | 'login' | 'step' | 'teardown';

/** Names one scenario of the run. */
export interface ScenarioRef {
  /** Unique in the run, e.g. `removes-raid-lvm-residue` or `x[a=1]`. */
  id: string;
  name: string;
  /** Path relative to the working directory. */
  file: string;
}

/** Which part of a divided list of scenarios a run has; several machines have one each. */
export interface RunShard {
  /** From 1. */
  index: number;
  total: number;
  /** Names the whole list, equal in all shards of it (driver/record/list-digest.ts). */
  digest: string;
}

/** Names one step of a scenario; `index` counts from 1 within the scenario. */
export interface StepRef {
  index: number;
  title: string;
  kind: string;
  at: SourceLocation;
}

/** What a `disks` step saw on one disk, for the reports; text is already redacted. */
export interface DiskMap {
  /** Name in the guest, e.g. `vdb`. */
  disk: string;
  sizeBytes: number;
  /** When it was looked at, in words: `powered off`, `flushed, paused`, …. */
  state: string;
  /** Offsets and lengths in bytes from the start of the disk; `kind` as in the residue checks. */
  findings: { offset: number; length?: number; kind: string; what: string }[];
  /** The first stretches that are not zero. */
  nonZero: { offset: number; length: number }[];
}

/** A command that a step ran in the guest, for the reports; already redacted. */
export interface CommandRecord {
  channel: string;
  command: string;
  stdout: string;
  stderr: string;
  exitStatus: number | null;
  durationMs: number;
  timedOut: boolean;
  dropped: { stdout: number; stderr: number };
}

/**
 * Everything that a reporter, the record and later the HTML report know of a run.
 * `at` is wall-clock milliseconds since the epoch. Emitted in order; a scenario's
 * events never interleave with another's unless `worker` says so.
 */
export type RunEvent = { at: number } & (
  | {
      type: 'run:start';
      run: string;
      directory: string;
      command: string[];
      version: string;
      /** How many scenarios run side by side; absent: one. */
      workers?: number;
      /** Absent for a run that is no shard. */
      shard?: RunShard;
      scenarios: (ScenarioRef & {
        steps: number;
        tags: string[];
        /** What it took when it last passed, by the ledger; absent when it never did. */
        expectedSeconds?: number;
        /** The command line that runs this one alone; absent where there is none. */
        rerun?: string[];
      })[];
    }
  | { type: 'phase:start'; phase: Phase; vm?: string; text: string }
  | { type: 'phase:progress'; phase: Phase; vm?: string; text: string }
  | { type: 'phase:end'; phase: Phase; vm?: string; text: string; seconds: number }
  | {
      type: 'accelerator';
      name: 'kvm' | 'tcg';
      /** Why it was chosen and the others were not, one sentence each. */
      reasons: string[];
    }
  | {
      type: 'image';
      spec: string;
      identity: string;
      cached: boolean;
      buildSeconds?: number;
      artifact: Record<string, string | undefined>;
    }
  | { type: 'vm:start'; vm: string; argv: string[]; version: string }
  | { type: 'vm:end'; vm: string; reason: string }
  | {
      type: 'scenario:start';
      scenario: ScenarioRef;
      steps: StepRef[];
      /** Counts from 1; more than 1 is a retry. */
      attempt: number;
      /** Which of several workers runs it, from 1; absent when there is one only. */
      worker?: number;
      /** Why the attempt before this one did not pass. */
      previous?: Failure;
    }
  | { type: 'scenario:machine'; scenario: ScenarioRef; vm: string; origin: MachineOrigin }
  | { type: 'step:start'; scenario: ScenarioRef; step: StepRef }
  | {
      type: 'step:end';
      scenario: ScenarioRef;
      step: StepRef;
      outcome: StepOutcome;
      durationMs: number;
      commands: CommandRecord[];
      failure?: Failure;
      /** Why it was skipped. */
      skipReason?: string;
      /** Facts worth a line in TAP though the step passed, e.g. disk findings. */
      notes: string[];
      artifacts: Artifact[];
      /** What was seen on the disks. */
      disks?: DiskMap[];
    }
  | {
      type: 'scenario:end';
      scenario: ScenarioRef;
      outcome: ScenarioOutcome;
      durationMs: number;
      origin?: MachineOrigin;
      /** The first failure; also set when the scenario could not start at all. */
      failure?: Failure;
      artifacts: Artifact[];
    }
  | { type: 'scenario:queued'; scenario: ScenarioRef; projectedSeconds: number; reason: string }
  | { type: 'scenario:not-run'; scenario: ScenarioRef; reason: string }
  /** Somebody looks at a machine whose step has failed (`--debug`). */
  | { type: 'debug:start'; vm: string }
  | { type: 'debug:end'; vm: string; seconds: number }
  | { type: 'notice'; level: 'info' | 'warning'; message: string }
  | {
      type: 'run:end';
      outcome: RunOutcome;
      exitCode: number;
      counts: Record<ScenarioOutcome, number>;
      durationMs: number;
      /** Set when the run itself broke, outside any scenario. */
      failure?: Failure;
      interrupted?: EndingSignal;
    }
);

/** A consumer of the stream: a reporter or the record. */
export interface EventSink {
  handle(event: RunEvent): void;
  /** Called once after `run:end`; may be asynchronous (files to close). */
  close?(): Promise<void> | void;
}

/** RunEvent without its timestamp, as producers write it. */
export type NewEvent = RunEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'at'>
    : never
  : never;
