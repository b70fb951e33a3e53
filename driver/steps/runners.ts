import { runners } from './runners.generated.js';
import type { StepContext, StepOf, StepRunners } from './step-runner.js';
import type { Step, StepKind } from './step.js';

/** Every kind of step; one that is missing does not compile. */
const RUNNERS: StepRunners = runners;

/** A step together with what the engine knows of its kind. */
export interface BoundStep {
  needs: 'on' | 'any';
  hostSide: boolean;
  awaits: string;
  ceilingMs: number;
  run(context: StepContext): Promise<void>;
}

function bind<K extends StepKind>(kind: K, step: StepOf<K>): BoundStep {
  const runner: StepRunners[K] = RUNNERS[kind];
  return {
    needs: runner.needs(step),
    hostSide: runner.hostSide,
    awaits: runner.awaits(step),
    ceilingMs: runner.ceilingMs(step),
    run: (context) => runner.run(step, context),
  };
}

/** Looks up what a step does. */
export const boundStep = (step: Step): BoundStep => bind(step.kind, step);
