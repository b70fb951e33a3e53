import type { Config, Flags } from '../config/config.js';
import type { Environment } from '../config/variables.js';

/** `tapboot run` as it was typed. */
export interface RunFlags extends Flags {
  /** Names, ids or files of scenarios; empty for all. */
  scenarios: string[];
  /** Runs only what carries one of these. */
  tags: string[];
  /** Runs nothing that carries one of these. */
  notTags: string[];
  /** `--var k=v`, the strongest source of a scenario's variables. */
  variables: Record<string, string>;
}

/** Where a run prints to: stdout and stderr of the process, or a test's stand-ins. */
export interface Terminal extends NodeJS.WritableStream {
  isTTY?: boolean;
  columns?: number;
}

/**
 * Everything that a run may know of the outside world; built once, by the command line.
 * `runCommand(request)` resolves to the exit code (driver/exit-code.ts) and neither reads
 * `process.argv` or `process.env` nor ends the process.
 */
export interface RunRequest {
  config: Config;
  /** Scenario files and directories to read, absolute. */
  scenarioPaths: string[];
  /** Which of the scenarios read: names, ids, files; empty for all. */
  names: string[];
  tags: string[];
  notTags: string[];
  variables: Record<string, string>;
  /** The invocation, for the record: `['tapboot', 'run', '--fresh']`. */
  command: string[];
  /** tapboot's version. */
  version: string;
  environment: Environment;
  /** Absolute. */
  workingDirectory: string;
  /** tapboot's own root: where `image/` and `scenarios/` lie. */
  projectRoot: string;
  cacheDirectory: string;
  stdout: Terminal;
  stderr: Terminal;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP, with that name as its reason. */
  signal: AbortSignal;
}
