import type { TapbootError } from '../errors.js';
import type { Artifact, Failure } from '../events/events.js';

/** A step that has failed, the first of its scenario. */
export interface FailedStep {
  /** From 1. */
  index: number;
  title: string;
  failure: Failure;
  /**
   * Runs the step once more on the machine as it is now. For people who debug: the verdict
   * stays.
   * @returns how it failed, undefined when it passed
   */
  retry(): Promise<TapbootError | undefined>;
}

/** Who wants to see the machine when a step has failed. None of these rejects. */
export interface FailureHooks {
  /**
   * Told of the first failure while the machine is as the step left it: before diagnostics
   * are collected, before any `always` step. `finish` may take its time, and gives the files.
   * @param step from 1
   */
  stepFailed?(step: number, error: TapbootError): Promise<{ finish(): Promise<Artifact[]> }>;
  /** Called once the first failure has been told; the scenario goes on when it resolves. */
  afterFailure?(failed: FailedStep): Promise<void>;
}
