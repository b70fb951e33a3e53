import { performance } from 'node:perf_hooks';
import type { BootImageVM } from '../machine/boot-image-vm.js';
import { TEARDOWN } from '../machine/diagnostics/index.js';
import { endingError } from '../ending.js';
import type { FailureClass } from '../error-codes.js';
import { asTapbootError } from '../errors.js';
import type { Artifact, Failure, MachineOrigin, ScenarioOutcome } from '../events/events.js';
import { runScenarioSteps } from '../steps/index.js';
import { failureOf } from '../steps/failure.js';
import { stepRefs } from '../steps/step-refs.js';
import { failureHooks } from './failure-hooks.js';
import { AttemptJudge, triedAgain } from './retry-policy.js';
import type { ScenarioContext } from './scenario-context.js';
import { timeoutFactor, withTimeouts } from './timeout-factor.js';
import type { Machines } from '../snapshots/pool-of-run.js';
import type { PlannedScenario } from './work-list.js';

/** How a scenario ended; `class` is that of a failure that is not a known one. */
export interface ScenarioResult {
  outcome: ScenarioOutcome;
  class?: FailureClass;
}

/** How one attempt ended. */
interface Attempt {
  outcome: ScenarioOutcome;
  failure?: Failure;
  artifacts: Artifact[];
  origin?: MachineOrigin;
}

/** Runs a scenario until it has its verdict: one attempt, or several with `--retries`. */
export async function runScenario(
  planned: PlannedScenario,
  machines: Machines,
  context: ScenarioContext,
): Promise<ScenarioResult> {
  const { scenario, ref } = planned;
  const { events, policy } = context;
  const started = performance.now();
  const artifacts: Artifact[] = [];
  let previous: Failure | undefined;
  for (let number = 1; ; number++) {
    events.emit({
      type: 'scenario:start',
      scenario: ref,
      steps: stepRefs(scenario, context.secrets),
      worker: context.worker,
      attempt: number,
      previous,
    });
    const attempt = await runAttempt(planned, machines, context);
    artifacts.push(...attempt.artifacts);
    const { failure, origin } = attempt;
    if (attempt.outcome === 'failed' && failure && triedAgain(policy, failure, number)) {
      previous = failure;
      continue;
    }
    if (failure !== undefined) machines.pool.checkpoints.failed(scenario, failure);
    const outcome = attempt.outcome === 'passed' && number > 1 ? 'flaky' : attempt.outcome;
    policy.knownIssues.ended(scenario, outcome);
    events.emit({
      type: 'scenario:end',
      scenario: ref,
      outcome,
      artifacts,
      durationMs: performance.now() - started,
      origin,
      failure,
    });
    const counts = failure !== undefined && outcome !== 'known';
    return { outcome, class: counts ? failure.class : undefined };
  }
}

/** Gets a machine, runs the steps, keeps the evidence, and lets the machine go. */
async function runAttempt(
  planned: PlannedScenario,
  { pool, start }: Machines,
  context: ScenarioContext,
): Promise<Attempt> {
  const { ref } = planned;
  const { events, request, host } = context;
  // For the steps alone: snapshots are found by the scenario as it is written.
  const factor = timeoutFactor(request.config, host.accelerator.name);
  const scenario = withTimeouts(planned.scenario, factor);
  const judge = new AttemptJudge(context.policy, scenario);
  let vm: BootImageVM | undefined;
  let failure: Failure | undefined;
  let late: Failure | undefined;
  const artifacts: Artifact[] = [];
  try {
    const acquired = await start.acquire(planned.scenario, ref.id);
    vm = acquired.vm;
    const { origin } = vm;
    // What explains a failure is taken when it happens; this is kept of every run.
    const keepEvidence = vm.collectDiagnostics.bind(vm, TEARDOWN);
    events.emit({ type: 'scenario:machine', scenario: ref, vm: vm.name, origin });
    context.onMachine?.();
    const { reused } = acquired;
    const result = await runScenarioSteps(scenario, vm, {
      reused,
      machine: scenario.machine,
      onLastStep: context.onLastStep,
      ...(await failureHooks(acquired, { scenario }, context)),
      emit: (event) => {
        events.emit(judge.take(event));
      },
      scenarioRef: ref,
      redact: context.secrets,
      signal: request.signal,
      log: context.log,
      artifactsDirectory: context.record.directory.vm(vm.name).artifacts,
      keepEvidence,
    });
    ({ failure, late } = result);
    artifacts.push(...result.artifacts);
    pool.checkpoints.keep(scenario, vm);
  } catch (thrown) {
    const { signal } = request;
    // Whatever an interrupted wait throws, the interrupt is why.
    const error = signal.aborted ? endingError(signal) : asTapbootError(thrown);
    failure ??= failureOf(error, {
      scenario,
      at: scenario.at,
      redact: context.secrets,
      phase: vm === undefined ? 'boot' : 'teardown',
    });
  } finally {
    await vm?.close();
  }
  const { outcome, failure: told } = judge.verdict(failure, late);
  return {
    outcome: request.signal.aborted && failure !== undefined ? 'interrupted' : outcome,
    artifacts,
    origin: vm === undefined ? undefined : vm.origin,
    failure: told,
  };
}
