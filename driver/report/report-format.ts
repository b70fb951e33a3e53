import type { EventSink } from '../events/events.js';
import type { Sink } from './output.js';

/** What a report may know of its surroundings when it is opened. */
export interface ReportContext {
  /** Where it goes: absolute path of a file, or of a directory; absent only where optional. */
  target?: string;
  workingDirectory: string;
  /** Scenarios may be tried again: a TAP stream holds an attempt back until it counts. */
  retries: boolean;
  /** Where a report without a target writes. */
  stderr: Sink;
  /** `$GITHUB_STEP_SUMMARY`: a file that takes Markdown. */
  stepSummary?: string;
  /** `$GITHUB_WORKSPACE`: paths of annotations count from it. */
  workspace?: string;
  /** All other reports of the run that have a target. */
  others: readonly { format: string; target: string; product?: HydraProduct }[];
}

/** What Hydra lists a report as: type and subtype of a build product. */
export interface HydraProduct {
  type: string;
  subtype: string;
  /** A place in a directory that is shown first. */
  entry?: string;
}

/** One format of `--report NAME=TARGET`. */
export interface ReportFormat {
  /** One line for people. */
  summary: string;
  target: 'file' | 'directory' | 'optional file';
  product?: HydraProduct;
  /** @throws when the target cannot be written */
  open(context: ReportContext): EventSink | Promise<EventSink>;
}

/** The formats of one file of `formats/`, by the names that `--report` takes. */
export type ReportFormats = Readonly<Record<string, ReportFormat>>;
