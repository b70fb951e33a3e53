import type { RunOptions } from '../channel/channel.js';
import type { CommandResult } from '../channel/channel.js';
import type { ChannelName } from '../language/step-base.js';
import type { MachineUnderTest } from '../machine/machine-under-test.js';
import type { Artifact, DiskMap } from '../events/events.js';
import type { Step, StepKind } from './step.js';
import type { UnitRuns } from './unit-runs.js';

/** How a step runs a command in a guest. */
export interface StepCommand extends Omit<RunOptions, 'signal'> {
  channel?: ChannelName;
  /** What the record shows instead of the command: one line, for scripts of the driver's own. */
  label?: string;
}

/** What a running step may use. Everything it leaves here ends up in its `step:end`. */
export interface StepContext {
  readonly vm: MachineUnderTest;
  /** Position of the step in its scenario, from 1. */
  readonly index: number;
  /** Aborted when the step is given up: interrupt, death of the guest, last-line timeout. */
  readonly signal: AbortSignal;
  /** Exists once something is to be written there: see `makeArtifactPath`. */
  readonly artifactsDirectory: string;
  /** Which runs of units the steps so far know of. */
  readonly unitRuns: UnitRuns;
  /** True when the guest has died: only steps that look from the host run then. */
  readonly guestIsDead: boolean;
  /** Milliseconds left of the step's timeout; never less than 1. */
  remainingMs(): number;
  /** Runs a command in the machine under test and records it. */
  run(command: string, options: StepCommand): Promise<CommandResult>;
  /** The same in another machine. */
  runIn(vm: MachineUnderTest, command: string, options: StepCommand): Promise<CommandResult>;
  /** A fact worth a line though the step may pass. */
  note(text: string): void;
  addArtifact(artifact: Artifact): void;
  /** What was seen on a disk, for the reports; its texts are redacted by the caller. */
  addDiskMap(map: DiskMap): void;
  /** Replaces the values that no output may show. */
  redact(text: string): string;
  /** A line for harness.log. */
  log(line: string): void;
}

export type StepOf<K extends StepKind> = Extract<Step, { kind: K }>;

/** What the engine knows of one kind of step. One file per kind in `kinds/`. */
export interface StepRunner<K extends StepKind> {
  /** `on`: the machine must be running; `any`: the step also makes sense when it is off. */
  needs(step: StepOf<K>): 'on' | 'any';
  /** True when the step looks from the host only, so that a dead guest does not matter. */
  readonly hostSide: boolean;
  /** What is waited for, to end the sentence "… was waited for". */
  awaits(step: StepOf<K>): string;
  /**
   * Milliseconds after which the engine gives the step up, whatever it does. Longer than the
   * step's own timeout wherever the kind enforces that itself.
   */
  ceilingMs(step: StepOf<K>): number;
  /**
   * Does the step.
   * @throws TapbootError when it fails; UnmetExpectation with all that did not hold
   */
  run(step: StepOf<K>, context: StepContext): Promise<void>;
}

export type StepRunners = { readonly [K in StepKind]: StepRunner<K> };

/**
 * Time beyond a step's own timeout for killing the command in the guest, fetching its
 * output, and describing the state that was not reached (10 s at most). Each of them waits for an
 * answer of the guest: on two cores under a load of 17 they took more than 20 s together, and an
 * unmet wait was told as a trouble of the host.
 */
export const GRACE_MS = 60_000;

/** The ceiling of a kind that enforces its own timeout. */
export const withGrace = (step: { timeoutMs: number }): number => step.timeoutMs + GRACE_MS;
