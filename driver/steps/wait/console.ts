import type { WaitCondition, WaitStep } from './schema.js';
import type { StepContext } from '../step-runner.js';

/** The console of a machine that is off shows nothing new; what came last may be on its way. */
const OFF_MS = 1000;

/** Waits until the serial console shows something; notes the text that matched. */
export async function waitForConsole(
  condition: Extract<WaitCondition, { what: 'console' }>,
  _step: WaitStep,
  context: StepContext,
): Promise<void> {
  const left = context.remainingMs();
  const seen = await context.vm.console.expect(condition.look, {
    from: condition.from,
    timeoutMs: context.vm.power === 'off' ? Math.min(left, OFF_MS) : left,
    signal: context.signal,
  });
  context.note(`the console shows ${JSON.stringify(seen.text)}`);
}
