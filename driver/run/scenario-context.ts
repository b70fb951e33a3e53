import type { FailurePolicy } from './failure-policy.js';
import type { RunContext } from './request.js';

/** What a scenario needs of its run. */
export interface ScenarioContext extends RunContext {
  /** What is made of its failures. */
  policy: FailurePolicy;
  log: (line: string) => void;
  /** Which of several workers it is, from 1. */
  worker?: number;
}
