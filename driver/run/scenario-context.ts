import type { FailurePolicy } from './retry-policy.js';
import type { RunContext } from './request.js';

/** What a scenario needs of its run. */
export interface ScenarioContext extends RunContext {
  /** Retry and known-issue policy. */
  policy: FailurePolicy;
  log: (line: string) => void;
  /** Which of several workers it is, from 1. */
  worker?: number;
  /** Called when a scenario has its machine. */
  onMachine?: () => void;
  /** Called when all its steps have passed: what is left is the evidence, and its end. */
  onLastStep?: () => void;
}
