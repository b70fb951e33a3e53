import type {
  CommandRecord,
  DiskMap,
  Failure,
  MachineOrigin,
  Phase,
  RunOutcome,
  ScenarioOutcome,
  StepOutcome,
} from '../../events/events.js';

/**
 * What the page is drawn from, and what a program finds in its
 * `<script type="application/json" id="tapboot-report">`. Times are wall-clock milliseconds
 * since the epoch unless a name says otherwise.
 */
export interface ReportData {
  format: 'tapboot-report';
  /** Raised when a reader of the earlier form would misread this one. */
  version: 1;
  run: ReportRun;
  image?: {
    spec: string;
    identity: string;
    cached: boolean;
    buildSeconds?: number;
    artifact: Record<string, string>;
  };
  accelerator?: { name: string; reasons: string[] };
  vms: ReportVm[];
  scenarios: ReportScenario[];
  queued: { id: string; name: string; projectedSeconds: number; reason: string }[];
  /** Absent in reports of a tapboot that knew of none. */
  notRun?: { id: string; name: string; reason: string }[];
  notices: { at: number; level: 'info' | 'warning'; message: string }[];
  spans: ReportSpan[];
  /** Variables in force, from the record. */
  environment: Record<string, string>;
  files: ReportFile[];
}

export interface ReportRun {
  name: string;
  /** Version of tapboot. */
  version: string;
  command: string[];
  startedAt: number;
  endedAt: number;
  durationMs: number;
  /** `unfinished`: the events end before the run does. */
  outcome: RunOutcome | 'unfinished';
  exitCode?: number;
  counts: Partial<Record<ScenarioOutcome, number>>;
  /** Steps by outcome. */
  steps: Record<StepOutcome, number>;
  interrupted?: string;
  failure?: ReportFailure;
}

/** A file of the run; `href` is relative to the report, absent for files elsewhere. */
export interface ReportFile {
  label: string;
  path: string;
  href?: string;
  /** `data:` address of an image that the page shows. */
  image?: string;
}

export interface ReportFailure extends Omit<Failure, 'artifacts'> {
  artifacts: ReportFile[];
}

export interface ReportVm {
  name: string;
  argv: string[];
  /** QEMU's own words. */
  version: string;
  /** Every start of QEMU under this name; a reboot makes another. */
  starts: number[];
  endedAt?: number;
  endReason?: string;
  /** The console, when it was recorded. */
  recording?: ReportRecording;
  files: ReportFile[];
}

/** A console: what an asciicast says, as the page uses it. */
export interface ReportRecording {
  columns: number;
  rows: number;
  /** When QEMU started; the times of the events count from there. */
  startedAt?: number;
  /** `[seconds, "o", text]` or `[seconds, "m", label]`, ascending. */
  events: [number, 'o' | 'm', string][];
  /** Characters left out of the page, from the beginning. */
  omitted: number;
}

export interface ReportScenario {
  /** Unique in the report, also for retries: `id`, then `id~2`. */
  anchor: string;
  id: string;
  name: string;
  file: string;
  tags: string[];
  attempt: number;
  worker?: number;
  vm?: string;
  origin?: MachineOrigin;
  startedAt: number;
  durationMs: number;
  outcome: ScenarioOutcome | 'unfinished';
  failure?: ReportFailure;
  artifacts: ReportFile[];
  steps: ReportStep[];
}

export interface ReportStep {
  index: number;
  title: string;
  kind: string;
  /** `file:line:column` */
  at: string;
  /** Absent when it was never begun. */
  startedAt?: number;
  durationMs: number;
  outcome: StepOutcome | 'unfinished' | 'not reached';
  commands: ReportCommand[];
  failure?: ReportFailure;
  skipReason?: string;
  notes: string[];
  artifacts: ReportFile[];
  disks: ReportDisk[];
}

export interface ReportCommand extends CommandRecord {
  /** Characters of the output that the page leaves out. */
  omitted: { stdout: number; stderr: number };
}

/** A disk with the places where known structures would lie, to be drawn to scale. */
export interface ReportDisk extends DiskMap {
  places: { offset: number; length: number; name: string }[];
}

/** A stretch of the timeline. */
export interface ReportSpan {
  /** `run` for what belongs to no worker, else the worker's number. */
  lane: string;
  row: 'phase' | 'scenario' | 'step';
  kind: Phase | 'scenario';
  text: string;
  startedAt: number;
  endedAt: number;
  outcome?: string;
  vm?: string;
  /** Scenario's anchor, and the step in it. */
  anchor?: string;
  step?: number;
}

/** What a report shows beside the events; all of it was read from the run directory. */
export interface ReportEvidence {
  /** Where the report will be, absolute; default: in the run directory. */
  reportDirectory?: string;
  /** Consoles by the name of their VM. */
  recordings?: ReadonlyMap<string, ReportRecording>;
  /** `data:` addresses of pictures by absolute path. */
  images?: ReadonlyMap<string, string>;
  /** Variables in force. */
  environment?: Readonly<Record<string, string>>;
  /** Logs and other files of the run as a whole, absolute paths. */
  files?: readonly { label: string; path: string }[];
  /** The same of single VMs. */
  vmFiles?: ReadonlyMap<string, readonly { label: string; path: string }[]>;
}
