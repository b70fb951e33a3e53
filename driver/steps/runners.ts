import type { Step, StepKind } from '../scenario/model.js';
import { checkpoint } from './checkpoint/run.js';
import { copy } from './copy/run.js';
import { disks } from './disks/run.js';
import { power } from './power/run.js';
import { reboot } from './reboot/run.js';
import { run } from './run/run.js';
import { screenshot } from './screenshot/run.js';
import { serialConsole } from './console/run.js';
import { ssh } from './ssh/run.js';
import { start } from './start/run.js';
import { wait } from './wait/run.js';
import type { StepContext, StepOf, StepRunners } from './step-runner.js';

/** Every kind of step; one that is missing does not compile. */
const RUNNERS: StepRunners = {
  run,
  ssh,
  wait,
  start,
  console: serialConsole,
  copy,
  disks,
  reboot,
  power,
  screenshot,
  checkpoint,
};

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
