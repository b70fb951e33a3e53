/** What every step of a scenario has. Times are milliseconds. */
import type { CHANNELS } from './channels.generated.js';
import type { SourceLocation } from '../location.js';

/** The ways into a guest. */
export type ChannelName = (typeof CHANNELS)[number];

/** The use of a plan section that a step came from. */
export interface PlanUse {
  plan: string;
  section: string;
  /** `name` of the `plan` step. */
  name?: string;
  /** Place of the `plan` (or `resurrect`) step in the scenario. */
  at: SourceLocation;
}

/** What every step has. */
export interface StepBase {
  /** Place of the step; in the plan file for a step that a plan brought in. */
  at: SourceLocation;
  /** `name`, or one made from what the step does. One line. */
  title: string;
  /** Runs also after an earlier step has failed. */
  always: boolean;
  /** Milliseconds; from the step, else from the scenario. */
  timeoutMs: number;
  /** The channel demanded; absent: the best one that is ready. */
  channel?: ChannelName;
  /** Save a snapshot of the machine under this name when the step has passed. */
  saveAs?: string;
  via?: PlanUse;
}
