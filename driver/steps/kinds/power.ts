import { withGrace, type StepRunner } from '../step-runner.js';

/**
 * `power`: `off` shuts down in order and waits for it, `cut` pulls the plug. A machine that is
 * off stays so.
 */
export const power: StepRunner<'power'> = {
  needs: () => 'any',
  hostSide: false,
  awaits: ({ action }) => (action === 'off' ? 'the orderly power-off' : 'the end of QEMU'),
  ceilingMs: withGrace,
  run: async (step, context) => {
    if (context.vm.power === 'off') {
      context.note('the machine is off already');
      return;
    }
    await (step.action === 'off'
      ? context.vm.powerOff(context.remainingMs())
      : context.vm.cutPower());
  },
};
