import type { TapbootError } from '../errors.js';
import type { EventSink } from '../events/events.js';

/** harness.log: takes events, and lines of what is no event. */
export interface HarnessSink extends EventSink {
  log(line: string): void;
}

/** What a run shows beside its record; made by whoever starts the run, before anything else. */
export interface RunOutput {
  /** Consumers of the run's events, which they get redacted; closed by {@link RunOutput.close}. */
  readonly sinks: readonly EventSink[];
  /** TAP owns stdout: what else is to be told goes to stderr. */
  readonly tap: boolean;
  /**
   * Opens harness.log.
   * @param lost told once when it can no longer be written
   */
  harness(
    file: string,
    redact: (text: string) => string,
    lost: (error: TapbootError) => void,
  ): HarnessSink;
  /** The run ends early: lines that are redrawn are taken away first. */
  ending(text: string): void;
  /** The run could not begin. */
  abort(error: TapbootError, run: { command: string[]; version: string }): Promise<void>;
  /** Record or report could not be finished: no report may look better than the exit code. */
  amend(error: TapbootError): void;
  /**
   * Finishes all reports, also after one has failed.
   * @returns what went wrong
   */
  close(): Promise<TapbootError[]>;
}
