import type { Artifact, Failure, NewEvent, ScenarioRef } from '../events/events.js';
import type { Machine } from '../language/machine-shape.js';
import type { Step } from './step.js';
import type { FailureHooks } from './failure-hooks.js';
import type { UnitRunsMemory } from './unit-runs.js';

/** What the engine knows of a scenario. */
export interface StepList {
  /** Path of the scenario's file, relative to the working directory where it lies below it. */
  file: string;
  /** The same, absolute. */
  path: string;
  steps: readonly Step[];
}

/** What the engine may rely on beside the machine. */
export interface ScenarioContext extends FailureHooks {
  emit(event: NewEvent): void;
  scenarioRef: ScenarioRef;
  /** For files that steps keep; made when it is needed. */
  artifactsDirectory: string;
  /** Replaces the values that no output may show. */
  redact(text: string): string;
  /** Aborted by an interrupt; its reason may be the name of the signal. */
  signal: AbortSignal;
  /** A line for harness.log. */
  log(line: string): void;
  /** What the machine is to be: disks that it lacks are plugged in within the first step's time. */
  machine?: Machine;
  /** The steps that the machine has behind it already. */
  reused?: ReusedSteps;
  /** Told of each step that passed, before the next one begins. Never rejects. */
  stepPassed?(passed: PassedStep): Promise<void>;
  /** Told when the last step has passed, as far as its own result says. */
  onLastStep?(): void;
  /**
   * Takes what is kept of every machine, behind the last step; files that were written. What
   * becomes of the guest meanwhile counts. Never rejects.
   */
  keepEvidence?(): Promise<Artifact[]>;
}

/** Steps that need not be run: the machine was restored from a snapshot behind them. */
export interface ReusedSteps {
  count: number;
  /** One line: from which snapshot, made when. */
  reason: string;
  unitRuns: UnitRunsMemory;
}

/** A step that has passed, and what the engine remembers behind it. */
export interface PassedStep {
  /** From 1. */
  index: number;
  durationMs: number;
  unitRuns: UnitRunsMemory;
}

/** How the steps of a scenario ended. */
export interface ScenarioResult {
  outcome: 'passed' | 'failed';
  /** The first failure. */
  failure?: Failure;
  /** The guest's death, where it came to light behind a failure and all steps. */
  late?: Failure;
  /** Files of all steps. */
  artifacts: Artifact[];
}
