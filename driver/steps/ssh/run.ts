import { asTapbootError, productError, scenarioError, type TapbootError } from '../../errors.js';
import type { CommandResult } from '../../channel/channel.js';
import { within } from '../../host/waiting.js';
import { commandVerdict } from '../command-verdict.js';
import { withGrace, type StepContext, type StepRunner } from '../step-runner.js';
import { quoted } from '../wording.js';
import { noteDropped } from '../run/run.js';

/**
 * `ssh`: a command over a real SSH connection. That the guest can be reached by SSH is what
 * the scenario demands, so a connection that cannot be had is a failure of the product.
 */
export const runner: StepRunner<'ssh'> = {
  needs: () => 'on',
  hostSide: false,
  awaits: (step) => `the end of ${quoted(step.command)} over SSH`,
  ceilingMs: withGrace,
  run: async (step, context) => {
    if (context.vm.machine.network === 'none') {
      throw scenarioError(
        'TAPBOOT_E_SSH_WITHOUT_NETWORK',
        'an ssh step needs a machine with a network',
        { expected: 'machine.network: isolated or internet', got: 'network: none' },
      );
    }
    let result: CommandResult;
    try {
      result = await context.run(step.command, {
        timeoutMs: step.timeoutMs,
        channel: 'ssh',
        stdin: step.stdin,
        outputLimit: step.outputLimit,
      });
    } catch (error) {
      throw await unreachable(asTapbootError(error), context);
    }
    noteDropped(result, context);
    const failure = commandVerdict(result, step, step.timeoutMs);
    if (failure !== undefined) throw failure;
  },
};

/** Time for the watchdog to say that the whole guest is gone, not only its sshd. */
const DEATH_NEWS_MS = 2000;

async function unreachable(error: TapbootError, context: StepContext): Promise<TapbootError> {
  const ours = error.failureClass === 'scenario' || error.code === 'TAPBOOT_E_UNEXPECTED';
  if (ours || error.failureClass === 'product' || context.signal.aborted) return error;
  if (error.failureClass === 'guest-dead') {
    const news = await within(context.vm.death, { ms: DEATH_NEWS_MS });
    if (news !== undefined) return news;
  }
  return productError('TAPBOOT_E_SSH_UNREACHABLE', `no SSH into the guest: ${error.message}`, {
    expected: 'an SSH connection as root that stays up for the command',
    ...error.details,
    hint: error.details.hint ?? 'See the journal of sshd and `ip addr` in the diagnostics.',
    cause: error,
  });
}
