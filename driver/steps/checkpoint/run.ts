import { withGrace, type StepRunner } from '../step-runner.js';

/**
 * `checkpoint`: only saves a snapshot of the machine. The engine does that after every step that
 * passed and carries `saveAs`, so nothing is left to be done here.
 */
export const runner: StepRunner<'checkpoint'> = {
  needs: () => 'on',
  hostSide: false,
  awaits: ({ saveAs }) => `the snapshot '${saveAs}' to be saved`,
  ceilingMs: withGrace,
  run: () => Promise.resolve(),
};
