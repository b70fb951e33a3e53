import type { MachineUnderTest } from '../controller/machine-under-test.js';
import type { TapbootError } from '../errors.js';
import type { Artifact, Failure, StepRef } from '../events/events.js';
import type { Scenario, Step } from '../scenario/model.js';
import { consoleTail } from './console-tail.js';
import { evidenceOf, executeStep, soon } from './execute-step.js';
import { failureOf } from './failure.js';
import type { ScenarioContext, ScenarioResult } from './scenario-context.js';
import { StepRecorder } from './recorder.js';
import { boundStep, type BoundStep } from './registry.js';
import { skipReason, type Progress } from './skip-rules.js';
import { stepRefs } from './step-refs.js';
import { UnitRuns } from './unit-runs.js';

export type * from './scenario-context.js';

/** How much of the console a failure shows; all of it is in serial.log. */
const CONSOLE_CHARACTERS = 2000;
const CONSOLE_LINES = 8;

/**
 * Runs the steps of a scenario, in order, on a machine that is ready. Emits `step:start`
 * and `step:end` for every one of them, also for those that are skipped. Never rejects.
 */
export async function runScenarioSteps(
  scenario: Scenario,
  vm: MachineUnderTest,
  context: ScenarioContext,
): Promise<ScenarioResult> {
  const run = new ScenarioRun(scenario, vm, context);
  const refs = stepRefs(scenario, (text) => context.redact(text));
  for (const [index, step] of scenario.steps.entries()) {
    const ref = refs[index];
    if (ref === undefined) continue;
    if (index < (context.reused?.count ?? 0)) run.reuse(ref);
    else await run.step(step, ref, scenario.steps[index + 1]);
  }
  return run.end();
}

/** The state of one scenario while its steps run. */
class ScenarioRun {
  readonly #scenario: Scenario;
  readonly #vm: MachineUnderTest;
  readonly #context: ScenarioContext;
  readonly #unitRuns: UnitRuns;
  readonly #progress: Progress = { interrupted: false };
  readonly #artifacts: Artifact[] = [];
  #failure: Failure | undefined;

  constructor(scenario: Scenario, vm: MachineUnderTest, context: ScenarioContext) {
    this.#scenario = scenario;
    this.#vm = vm;
    this.#context = context;
    this.#unitRuns = new UnitRuns(context.reused?.unitRuns);
  }

  /** A step whose effect came with the restored machine: told, and never a pass. */
  reuse(ref: StepRef): void {
    this.#notRun(ref, 'reused', this.#context.reused?.reason ?? 'reused');
  }

  async step(step: Step, ref: StepRef, next: Step | undefined): Promise<void> {
    const { scenarioRef } = this.#context;
    const bound = boundStep(step);
    this.#context.emit({ type: 'step:start', scenario: scenarioRef, step: ref });
    if (this.#context.signal.aborted && this.#failure !== undefined) {
      this.#progress.interrupted = true;
    }
    const skipped = skipReason({ always: step.always, hostSide: bound.hostSide }, this.#progress);
    if (skipped === undefined) {
      await this.#execute(step, ref, bound, next);
      return;
    }
    this.#notRun(ref, 'skipped', skipped);
  }

  #notRun(step: StepRef, outcome: 'skipped' | 'reused', skipReason: string): void {
    this.#context.emit({
      ...{ type: 'step:end', scenario: this.#context.scenarioRef, step, outcome, skipReason },
      ...{ durationMs: 0, commands: [], notes: [], artifacts: [] },
    });
  }

  /** The result; a guest that died behind the last step did not pass. */
  async end(): Promise<ScenarioResult> {
    const death = this.#failure === undefined ? await soon(this.#vm.death, 0) : undefined;
    if (death !== undefined) {
      const beyond = this.#scenario.steps.length + 1;
      const evidence = await this.#evidence(death, beyond, 'after the last step');
      this.#failure = this.#failureOf(death, undefined, evidence);
      this.#artifacts.push(...this.#failure.artifacts);
    }
    return {
      outcome: this.#failure === undefined ? 'passed' : 'failed',
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
      artifacts: this.#artifacts,
    };
  }

  async #execute(
    step: Step,
    ref: StepRef,
    bound: BoundStep,
    next: Step | undefined,
  ): Promise<void> {
    const began = performance.now();
    const first = this.#failure === undefined;
    const { error, recorder } = await this.#work(step, ref, bound, next);
    const durationMs = Math.round(performance.now() - began);
    const failure = error === undefined ? undefined : await this.#fail(error, step, ref, recorder);
    this.#artifacts.push(...recorder.artifacts);
    this.#context.emit({
      type: 'step:end',
      scenario: this.#context.scenarioRef,
      step: ref,
      outcome: failure === undefined ? 'passed' : 'failed',
      durationMs,
      commands: [...recorder.commands],
      ...(failure === undefined ? {} : { failure }),
      notes: [...recorder.notes],
      artifacts: [...recorder.artifacts],
      ...(recorder.disks.length === 0 ? {} : { disks: [...recorder.disks] }),
    });
    if (failure !== undefined) {
      const retry = async () => (await this.#work(step, ref, bound, next)).error;
      const { index, title } = ref;
      if (first) await this.#context.afterFailure?.({ index, title, failure, retry });
      return;
    }
    const unitRuns = this.#unitRuns.memory();
    await this.#context.stepPassed?.({ index: ref.index, durationMs, unitRuns });
  }

  async #work(step: Step, { index }: StepRef, bound: BoundStep, next: Step | undefined) {
    const guestIsDead = this.#progress.death !== undefined;
    const recorder = new StepRecorder(
      { ...this.#surroundings(), unitRuns: this.#unitRuns },
      { index, timeoutMs: step.timeoutMs, guestIsDead },
    );
    const error = await executeStep(step, bound, {
      ...{ next, interrupt: this.#context.signal, vm: this.#vm, guestIsDead },
      recorderFor: (workSignal) => recorder.withSignal(workSignal),
    });
    return { error, recorder };
  }

  /** What explains the first failure: the machine itself, then what it can tell. */
  async #evidence(error: TapbootError, step: number, reason: string): Promise<Artifact[]> {
    const kept = await this.#context.stepFailed?.(step, error);
    const told = await evidenceOf(this.#vm, reason, this.#context.signal);
    return [...told, ...((await kept?.finish()) ?? [])];
  }

  /** Takes in a failure: what it means for the steps to come, and its evidence. */
  async #fail(
    error: TapbootError,
    step: Step,
    ref: StepRef,
    recorder: StepRecorder,
  ): Promise<Failure> {
    const progress = this.#progress;
    // Before the machine is asked for its evidence, which may talk over the console.
    const console = this.#consoleTail(error);
    progress.failedStep ??= ref.index;
    const death = await soon(this.#vm.death, 0);
    if (death !== undefined) progress.death ??= this.#context.redact(death.message);
    if (error.code === 'TAPBOOT_E_INTERRUPTED') progress.interrupted = true;
    if (step.via !== undefined) {
      const { plan, section, at } = step.via;
      recorder.note(
        `from plan ${plan}/${section}, used at ${at.file}:${String(at.line)}:${String(at.column)}`,
      );
    }
    // The machine is asked once, at the first failure: later ones see what that has left.
    const wanted = this.#failure === undefined && error.failureClass !== 'scenario';
    if (wanted && !progress.interrupted) {
      const reason = `step ${String(ref.index)} failed`;
      const evidence = await this.#evidence(error, ref.index, reason);
      for (const artifact of evidence) recorder.addArtifact(artifact);
    }
    const failure = this.#failureOf(error, step, recorder.artifacts, console);
    this.#failure ??= failure;
    return failure;
  }

  /** The console's last words; a death tells them itself, and a wrong scenario has none. */
  #consoleTail({ failureClass, code, details }: TapbootError): string | undefined {
    if (failureClass !== 'product' && failureClass !== 'infra') return undefined;
    if (code === 'TAPBOOT_E_INTERRUPTED') return undefined;
    const tail = consoleTail(this.#vm.console.tail(CONSOLE_CHARACTERS), CONSOLE_LINES);
    return tail === '' || details.output?.includes(tail) === true ? undefined : tail;
  }

  #failureOf(
    error: TapbootError,
    step: Step | undefined,
    artifacts: readonly Artifact[],
    console?: string,
  ): Failure {
    return failureOf(error, {
      scenario: this.#scenario,
      phase: 'step',
      artifacts,
      ...(console === undefined ? {} : { console }),
      redact: (text) => this.#context.redact(text),
      ...(step === undefined ? {} : { at: step.at }),
    });
  }

  #surroundings() {
    const { artifactsDirectory } = this.#context;
    return {
      vm: this.#vm,
      artifactsDirectory,
      redact: (text: string) => this.#context.redact(text),
      log: (line: string) => {
        this.#context.log(line);
      },
    };
  }
}
