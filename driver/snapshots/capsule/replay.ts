import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootImageVM } from '../../machine/boot-image-vm.js';
import type { VmHost } from '../../machine/vm-host.js';
import { TapbootError } from '../../errors.js';
import type { Failure } from '../../events/events.js';
import { runScenarioSteps } from '../../steps/index.js';
import type { Capsule, CapsuleSnapshot } from './format.js';

/** What steps are replayed with. */
export interface ReplayOptions {
  capsule: Capsule;
  vm: BootImageVM;
  from: CapsuleSnapshot;
  /** The number of steps that the machine shall have behind it. */
  to: number;
  host: VmHost;
  say: (line: string) => void;
}

/**
 * Runs the steps that lie between a snapshot and the moment wanted, as the run did.
 * @throws TapbootError of the first step that does not pass this time
 */
export async function replay(options: ReplayOptions): Promise<void> {
  const { capsule, vm, from, to, host, say } = options;
  const steps = capsule.scenario.steps.slice(0, to);
  const { id, name, file } = capsule.scenario;
  const artifactsDirectory = join(host.workspace, 'artifacts');
  await mkdir(artifactsDirectory, { recursive: true });
  const result = await runScenarioSteps({ ...capsule.scenario, steps }, vm, {
    scenarioRef: { id, name, file },
    artifactsDirectory,
    log: host.log,
    redact: (text) => text,
    signal: host.signal ?? new AbortController().signal,
    reused: { count: from.behind, reason: 'restored from the snapshot', unitRuns: from.unitRuns },
    emit: (event) => {
      if (event.type !== 'step:end' || event.outcome === 'reused') return;
      const seconds = (event.durationMs / 1000).toFixed(1);
      say(`step ${String(event.step.index)} ${event.outcome} (${seconds} s): ${event.step.title}`);
    },
  });
  if (result.failure !== undefined) throw asError(result.failure);
}

function asError(failure: Failure): TapbootError {
  const [mismatch] = failure.mismatches;
  return new TapbootError(
    failure.class,
    failure.code,
    `a step failed in the replay: ${failure.message}`,
    {
      expected: mismatch === undefined ? undefined : mismatch.expected,
      got: mismatch === undefined ? undefined : mismatch.got,
      hint: 'The run got further: what the step depends on was another then. Try an earlier --at.',
    },
  );
}
