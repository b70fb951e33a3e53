/**
 * The step engine: runs the steps of a scenario on a machine and says what came of each.
 * What a kind of step does is in `kinds/`, what is waited for in `waits/`, the scripts that
 * run in the guest in `guest-scripts/`. Nothing here starts QEMU or writes a report.
 */
export {
  runScenarioSteps,
  type PassedStep,
  type ReusedSteps,
  type ScenarioContext,
  type ScenarioResult,
} from './run-scenario-steps.js';
export type { FailedStep, FailureHooks } from './failure-hooks.js';
export { unitOfNewRun } from './foresight.js';
export type { UnitRunsMemory } from './unit-runs.js';
export { failureOf } from './failure.js';
export { sourcePath } from './failure.js';
export { stepRefs } from './step-refs.js';
export { UnmetExpectation } from './failure.js';
