import type { Step, StepKind } from '../scenario/model.js';
import { checkpoint } from './kinds/checkpoint.js';
import { copy } from './kinds/copy.js';
import { disks } from './kinds/disks.js';
import { power } from './kinds/power.js';
import { reboot } from './kinds/reboot.js';
import { run } from './kinds/run.js';
import { screenshot } from './kinds/screenshot.js';
import { serialConsole } from './kinds/console.js';
import { ssh } from './kinds/ssh.js';
import { start } from './kinds/start.js';
import { wait } from './kinds/wait.js';
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
