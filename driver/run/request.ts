import type { RunSettings } from './settings.js';
import type { Environment } from '../host/environment.js';
import type { EventSink } from '../events/events.js';
import type { BootImageVM } from '../machine/boot-image-vm.js';
import type { FailedStep } from '../steps/index.js';
import type { RunOutput } from './output.js';
import type { EventGate } from '../events/held-back.js';
import type { VmHost } from '../machine/vm-host.js';
import type { RunRecord } from '../record/run-record.js';
import type { Redactor } from '../redact.js';
import type { Scenario } from '../scenario/index.js';

/** Where a run prints to: stdout and stderr of the process, or a test's stand-ins. */
export interface Terminal extends NodeJS.WritableStream {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/** What a command line that runs a scenario again depends on. */
export type RerunScenario = Pick<Scenario, 'id' | 'path' | 'file' | 'from' | 'redact'>;

/**
 * Everything that a run may know of the outside world; built once, by the command line
 * or by a library's caller. Nothing below reads `process.argv` or `process.env`.
 */
export interface RunRequest {
  config: RunSettings;
  /** Scenario files and directories to read, absolute. */
  scenarioPaths: string[];
  /** Which of the scenarios read: names, ids, files; empty for all. */
  names: string[];
  /** Each a tag, or an expression of tags. */
  tags: string[];
  notTags: string[];
  /** The strongest source of a scenario's variables. */
  variables: Record<string, string>;
  /** Names of those that stand on the command line, for all of the host to read. */
  inArguments?: readonly string[];
  /** The invocation, for the record: `['tapboot', 'run', '--fresh']`. */
  command: string[];
  /**
   * The same with this scenario in place of those it names, for a report to show; absent
   * where the run was not begun by a command.
   */
  rerun?: (scenario: RerunScenario) => string[];
  /** tapboot's version. */
  version: string;
  environment: Environment;
  /** Absolute. */
  workingDirectory: string;
  /** tapboot's own root: where `image/` and `scenarios/` lie. */
  projectRoot: string;
  cacheDirectory: string;
  /** Where `--debug` shows its menu, if it is a terminal; absent: nobody is there. */
  stdin?: NodeJS.ReadStream;
  stdout: Terminal;
  stderr: Terminal;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP, with that name as its reason. */
  signal: AbortSignal;
  /** Ends the run as a signal would. */
  interrupt?: (name: 'SIGINT') => void;
  /**
   * Opens what the run shows.
   * @throws TapbootError `scenario` for a wrong request, `infra` for a place that takes no file
   */
  openOutput: (request: RunRequest) => Promise<RunOutput>;
  /**
   * Holds a machine behind its failed step, with the verdict as it is (`--debug`). Never
   * rejects. Absent: the run goes on.
   */
  holdAtFailure?: (vm: BootImageVM, failed: FailedStep, context: RunContext) => Promise<void>;
  /** Further consumers of the run's events, which they get redacted. */
  sinks?: readonly EventSink[];
}

/** A run that has begun, as far as its machines and whoever looks at them need it. */
export interface RunContext {
  request: RunRequest;
  record: RunRecord;
  events: EventGate;
  secrets: Redactor;
  host: VmHost;
}
