import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { safeName } from '../../safe-name.js';
import { withGrace, type StepRunner } from '../step-runner.js';

/** `screenshot`: a PNG of the display, numbered by the step, among the run's artifacts. */
export const runner: StepRunner<'screenshot'> = {
  needs: () => 'on',
  hostSide: false,
  awaits: ({ picture }) => `the picture '${picture}'`,
  ceilingMs: withGrace,
  run: async ({ picture }, context) => {
    const name = `${String(context.index).padStart(2, '0')}-${safeName(picture)}.png`;
    const target = path.join(context.artifactsDirectory, name);
    await mkdir(context.artifactsDirectory, { recursive: true });
    await context.vm.screenshot(target);
    context.addArtifact({ label: `screenshot ${picture}`, path: target });
  },
};
