import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { BootImageVM } from '../controller/boot-image-vm.js';
import { TEARDOWN } from '../diagnostics/index.js';
import { asTapbootError, type FailureClass } from '../errors.js';
import type { Artifact, Failure, ScenarioOutcome } from '../events/events.js';
import { runScenarioSteps } from '../steps/index.js';
import { failureOf } from '../steps/failure.js';
import { interruptedError } from '../steps/guard.js';
import { stepRefs } from '../steps/step-refs.js';
import { holdForDebugging } from './debug.js';
import type { ScenarioContext } from './scenario-context.js';
import type { MachinePool } from './machine-pool.js';
import type { PlannedScenario } from './repeat.js';

/** How a scenario ended; `class` is that of its first failure. */
export interface ScenarioResult {
  outcome: ScenarioOutcome;
  class?: FailureClass;
}

/** Gets a machine, runs the steps, keeps the evidence, and lets the machine go. */
export async function runScenario(
  planned: PlannedScenario,
  pool: MachinePool,
  context: ScenarioContext,
): Promise<ScenarioResult> {
  const { scenario, ref } = planned;
  const { events, request } = context;
  const started = performance.now();
  events.emit({
    ...{ type: 'scenario:start', scenario: ref, steps: stepRefs(scenario, context.secrets) },
    attempt: 1,
  });
  let vm: BootImageVM | undefined;
  let failure: Failure | undefined;
  const artifacts: Artifact[] = [];
  try {
    vm = await pool.acquire(scenario, ref.id);
    const { origin } = vm;
    events.emit({ type: 'scenario:machine', scenario: ref, vm: vm.name, origin });
    const result = await runScenarioSteps(scenario, vm, {
      emit: (event) => {
        events.emit(event);
      },
      ...{ scenarioRef: ref, redact: context.secrets, signal: request.signal, log: context.log },
      artifactsDirectory: join(context.record.directory.path, 'artifacts', vm.name),
    });
    failure = result.failure;
    artifacts.push(...result.artifacts);
    if (failure !== undefined && request.config.debug) {
      await holdForDebugging(vm, context);
    }
    // What explains a failure was taken when it happened; this is kept of every run.
    artifacts.push(...(await vm.collectDiagnostics(TEARDOWN)));
    pool.keepCheckpoints(scenario, vm);
  } catch (thrown) {
    const { signal } = request;
    // Whatever an interrupted wait throws, the interrupt is why.
    const error = signal.aborted ? interruptedError(signal) : asTapbootError(thrown);
    failure ??= failureOf(error, {
      ...{ scenario, at: scenario.at, redact: context.secrets },
      phase: vm === undefined ? 'boot' : 'teardown',
    });
  } finally {
    await vm?.close();
  }
  const aborted = request.signal.aborted && failure !== undefined;
  const outcome = failure === undefined ? 'passed' : aborted ? 'interrupted' : 'failed';
  events.emit({
    ...{ type: 'scenario:end', scenario: ref, outcome, artifacts },
    durationMs: performance.now() - started,
    ...(vm === undefined ? {} : { origin: vm.origin }),
    ...(failure === undefined ? {} : { failure }),
  });
  return { outcome, ...(failure === undefined ? {} : { class: failure.class }) };
}
