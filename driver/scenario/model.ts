/**
 * What a scenario file means, once it has been read, checked and expanded: no
 * templates, no units, no short forms are left. The engine works on these types alone.
 *
 * Times are milliseconds, sizes are bytes, places count from 1.
 */
import type { Machine } from '../language/machine-shape.js';
import type { RunStep } from '../steps/run/schema.js';
import type { Step } from '../steps/step.js';
import type { SourceLocation } from '../location.js';

/** One scenario, ready to be run. A file with a matrix gives several. */
export interface Scenario {
  /** File name without `.yaml`, and the matrix values: `resizes[disk=4G,boot=uefi]`. */
  id: string;
  /** `id` without the matrix values. */
  baseId: string;
  /** Path of the file, relative to the working directory where it lies below it. */
  file: string;
  /** Absolute path of the file. */
  path: string;
  /** Headline for people. Expansions of a matrix carry their values: `Resizes [disk=4G]`. */
  name: string;
  description?: string;
  tags: string[];
  /**
   * `boot`: the verdict is about the boot itself, so only a boot made in this run counts.
   * `machine`: any pristine machine of the right shape will do.
   */
  subject: 'boot' | 'machine';
  machine: Machine;
  /** All variables in force, as text. */
  variables: Record<string, string>;
  /** The values of this expansion; empty without a matrix. */
  matrix: Record<string, string>;
  /** Names of the variables whose values must not appear in any output. */
  redact: string[];
  /** The values of `redact`, longest first, empty ones left out. */
  redactedValues: string[];
  /** Timeout of a step that names none, in milliseconds. */
  timeoutMs: number;
  /** Starts from a checkpoint of another scenario instead of from the booted machine. */
  from?: CheckpointReference;
  steps: Step[];
  /** Where `name` stands. */
  at: SourceLocation;
}

/** `from: SCENARIO#NAME`. */
export interface CheckpointReference {
  /** Id of the other scenario. */
  scenario: string;
  checkpoint: string;
  at: SourceLocation;
}

/** A plan file: named sections of commands that scenarios and people share. */
export interface Plan {
  name: string;
  description?: string;
  file: string;
  path: string;
  variables: Record<string, string>;
  sections: PlanSection[];
}

export interface PlanSection {
  name: string;
  steps: RunStep[];
  at: SourceLocation;
}
