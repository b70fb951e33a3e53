import { withGrace, type StepRunner } from '../step-runner.js';

/** `power`: `off` shuts down in order and waits for it, `cut` pulls the plug. */
export const runner: StepRunner<'power'> = {
  needs: () => 'on',
  hostSide: false,
  awaits: ({ action }) => (action === 'off' ? 'the orderly power-off' : 'the end of QEMU'),
  ceilingMs: withGrace,
  run: async (step, context) => {
    await (step.action === 'off'
      ? context.vm.powerOff(context.remainingMs())
      : context.vm.cutPower());
  },
};
