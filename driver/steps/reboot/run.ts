import { withGrace, type StepRunner } from '../step-runner.js';

/**
 * `reboot`: an orderly reboot, or a boot from a disk, and what its console must show. Boots a
 * machine that is off.
 */
export const runner: StepRunner<'reboot'> = {
  needs: () => 'any',
  hostSide: false,
  awaits: ({ from }) => (from === undefined ? 'the reboot' : `the boot from ${from}`),
  ceilingMs: withGrace,
  run: async (step, context) => {
    await context.vm.reboot({ timeoutMs: context.remainingMs(), from: step.from });
    // `boot` is the boot just made, so that the old system's last words do not count.
    for (const look of step.expect) {
      await context.vm.console.expect(look, {
        from: 'boot',
        timeoutMs: context.remainingMs(),
        signal: context.signal,
      });
    }
  },
};
