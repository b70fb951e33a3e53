import { commandVerdict } from '../command-verdict.js';
import { withGrace, type StepContext, type StepRunner } from '../step-runner.js';
import type { RunStep } from './schema.js';
import type { CommandResult } from '../../channel/channel.js';
import type { MachineUnderTest } from '../../machine/machine-under-test.js';
import { quoted } from '../wording.js';

/** Runs a command step in a machine; a part of `disks` runs its commands in a second one. */
export async function runCommandStep(
  vm: MachineUnderTest,
  step: RunStep,
  context: StepContext,
): Promise<CommandResult> {
  const result = await context.runIn(vm, step.command, {
    timeoutMs: step.timeoutMs,
    channel: step.channel,
    stdin: step.stdin,
    outputLimit: step.outputLimit,
  });
  noteDropped(result, context);
  const failure = commandVerdict(result, step, step.timeoutMs);
  if (failure !== undefined) throw failure;
  return result;
}

/** Output that was not kept is said also when nothing was expected of it. */
export function noteDropped(result: CommandResult, context: StepContext): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    if (result.dropped[stream] === 0) continue;
    context.note(
      `${String(result.dropped[stream])} bytes of ${stream} beyond the output limit were not kept`,
    );
  }
}

/** `run`: a command in the guest, over the best channel or the one demanded. */
export const runner: StepRunner<'run'> = {
  needs: () => 'on',
  hostSide: false,
  awaits: (step) => `the end of ${quoted(step.command)}`,
  ceilingMs: withGrace,
  run: async (step, context) => {
    await runCommandStep(context.vm, step, context);
  },
};
