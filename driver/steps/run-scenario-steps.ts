import type { TapbootError } from '../errors.js';
import type { Artifact, Failure, Phase, StepRef } from '../events/events.js';
import type { MachineUnderTest } from '../machine/machine-under-test.js';
import type { GuestConsole } from '../machine/guest.js';
import { within } from '../host/waiting.js';
import type { Machine } from '../language/machine-shape.js';
import { evidenceOf, executeStep, settledDeath } from './execute-step.js';
import { failureOf } from './failure.js';
import { StepRecorder } from './recorder.js';
import { type BoundStep, boundStep } from './runners.js';
import type { ScenarioContext, ScenarioResult, StepList } from './scenario-context.js';
import { stepRefs } from './step-refs.js';
import type { Step } from './step.js';
import { UnitRuns } from './unit-runs.js';

export type * from './scenario-context.js';

/**
 * Runs the steps of a scenario, in order, on a machine that is ready. Emits `step:start`
 * and `step:end` for every one of them, also for those that are skipped. Never rejects.
 */
export async function runScenarioSteps(
  scenario: StepList,
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
  return await run.end();
}

/** A step that has been done, and is still to be told. */
interface DoneStep {
  step: Step;
  ref: StepRef;
  recorder: StepRecorder;
  durationMs: number;
  retry: () => Promise<TapbootError | undefined>;
}

/** The state of one scenario while its steps run. */
class ScenarioRun {
  readonly #scenario: StepList;
  readonly #vm: MachineUnderTest;
  readonly #context: ScenarioContext;
  readonly #unitRuns: UnitRuns;
  readonly #progress: Progress = { interrupted: false };
  readonly #artifacts: Artifact[] = [];
  /** What the first step that runs makes of the machine. */
  #becomes: Machine | undefined;
  #failure: Failure | undefined;
  /** The last step, when it has passed and nothing has failed: the guest has still to prove it. */
  #last: DoneStep | undefined;

  constructor(scenario: StepList, vm: MachineUnderTest, context: ScenarioContext) {
    this.#scenario = scenario;
    this.#vm = vm;
    this.#context = context;
    this.#unitRuns = new UnitRuns(context.reused?.unitRuns);
    this.#becomes = context.machine;
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
      type: 'step:end',
      scenario: this.#context.scenarioRef,
      step,
      outcome,
      skipReason,
      durationMs: 0,
      commands: [],
      notes: [],
      artifacts: [],
    });
  }

  /**
   * The result, once it is certain that the guest has outlived the steps and the reading of
   * the evidence. A death that comes to light here fails the last step, if that had passed.
   */
  async end(): Promise<ScenarioResult> {
    if (this.#last !== undefined) this.#context.onLastStep?.();
    const early = await this.#dieBehind('step');
    this.#artifacts.push(...((await this.#context.keepEvidence?.()) ?? []));
    const late = early ?? (await this.#dieBehind('teardown'));
    if (this.#last !== undefined) await this.#conclude(this.#last, undefined);
    return {
      outcome: this.#failure === undefined ? 'passed' : 'failed',
      failure: this.#failure,
      late,
      artifacts: this.#artifacts,
    };
  }

  /** @returns the guest's death, where one has come to light only now */
  async #dieBehind(phase: Phase): Promise<Failure | undefined> {
    if (this.#progress.death !== undefined) return undefined;
    const death = await settledDeath(this.#vm, this.#context.signal);
    if (death === undefined) return undefined;
    const last = this.#last;
    this.#last = undefined;
    if (last === undefined) return this.#failureOf(death, undefined, { phase });
    last.recorder.note('the step itself had passed: the guest died after it');
    return await this.#conclude(last, death, phase);
  }

  async #execute(
    step: Step,
    ref: StepRef,
    bound: BoundStep,
    next: Step | undefined,
  ): Promise<void> {
    const began = performance.now();
    const { error, recorder } = await this.#work(step, ref, bound, next);
    const retry = async () => (await this.#work(step, ref, bound, next)).error;
    const done = { step, ref, recorder, retry, durationMs: Math.round(performance.now() - began) };
    const passed = error === undefined && this.#failure === undefined;
    if (passed && next === undefined) this.#last = done;
    else await this.#conclude(done, error);
  }

  /** Tells how a step ended, and all that follows from it. */
  async #conclude(
    { step, ref, recorder, durationMs, retry }: DoneStep,
    error: TapbootError | undefined,
    phase: Phase = 'step',
  ): Promise<Failure | undefined> {
    const first = this.#failure === undefined;
    const failure = error && (await this.#fail(error, step, ref, recorder, phase));
    this.#artifacts.push(...recorder.artifacts);
    this.#context.emit({
      type: 'step:end',
      scenario: this.#context.scenarioRef,
      step: ref,
      outcome: failure === undefined ? 'passed' : 'failed',
      durationMs,
      commands: [...recorder.commands],
      failure,
      notes: [...recorder.notes],
      artifacts: [...recorder.artifacts],
      disks: recorder.disks.length === 0 ? undefined : [...recorder.disks],
    });
    const { index, title } = ref;
    if (failure !== undefined) {
      if (first) await this.#context.afterFailure?.({ index, title, failure, retry });
      return failure;
    }
    const unitRuns = this.#unitRuns.memory();
    await this.#context.stepPassed?.({ index, durationMs, unitRuns });
    return undefined;
  }

  async #work(step: Step, { index }: StepRef, bound: BoundStep, next: Step | undefined) {
    const guestIsDead = this.#progress.death !== undefined;
    const recorder = new StepRecorder(
      { ...this.#surroundings(), unitRuns: this.#unitRuns },
      { index, timeoutMs: step.timeoutMs, guestIsDead },
    );
    const becomes = this.#becomes;
    const error = await executeStep(step, bound, {
      next,
      becomes,
      interrupt: this.#context.signal,
      vm: this.#vm,
      guestIsDead,
      recorderFor: (workSignal) => recorder.withSignal(workSignal),
    });
    this.#becomes = undefined;
    return { error, recorder };
  }

  /** What explains the first failure: the machine itself, then what it can tell. */
  async #evidence(
    error: TapbootError,
    step: number,
    note: (text: string) => void,
  ): Promise<Artifact[]> {
    const kept = await this.#context.stepFailed?.(step, error);
    const reason = `step ${String(step)} failed`;
    const told = await evidenceOf(this.#vm, reason, this.#context.signal, note);
    return [...told, ...((await kept?.finish()) ?? [])];
  }

  /** Takes in a failure: what it means for the steps to come, and its evidence. */
  async #fail(
    error: TapbootError,
    step: Step,
    ref: StepRef,
    recorder: StepRecorder,
    phase: Phase,
  ): Promise<Failure> {
    const progress = this.#progress;
    // Before the machine is asked for its evidence, which may talk over the console.
    const console = consoleBehind(error, this.#vm.console);
    progress.failedStep ??= ref.index;
    const death = await within(this.#vm.death, { ms: 0 });
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
      const evidence = await this.#evidence(error, ref.index, (text) => {
        recorder.note(text);
      });
      for (const artifact of evidence) recorder.addArtifact(artifact);
    }
    const { artifacts } = recorder;
    const failure = this.#failureOf(error, step, { phase, artifacts, console });
    this.#failure ??= failure;
    return failure;
  }

  #failureOf(
    error: TapbootError,
    step: Step | undefined,
    {
      console,
      ...place
    }: { phase: Phase; artifacts?: readonly Artifact[]; console?: string | undefined },
  ): Failure {
    return failureOf(error, {
      scenario: this.#scenario,
      ...place,
      console,
      redact: (text) => this.#context.redact(text),
      at: step === undefined ? undefined : step.at,
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

/** What has happened in a scenario so far, as far as it decides about the steps to come. */
export interface Progress {
  /** Number of the first step that failed. */
  failedStep?: number;
  /** Why the guest is dead, in one line. */
  death?: string;
  interrupted: boolean;
}

/**
 * Whether a step is skipped, and why; undefined when it runs. An interrupt skips all.
 * A dead guest leaves only steps that look from the host and want to run always. After a
 * failure, the steps that want to run always do.
 */
export function skipReason(
  step: { always: boolean; hostSide: boolean },
  progress: Progress,
): string | undefined {
  if (progress.interrupted) return 'interrupted';
  if (progress.death !== undefined) {
    return step.always && step.hostSide ? undefined : `the guest is dead: ${progress.death}`;
  }
  if (progress.failedStep === undefined || step.always) return undefined;
  return `step ${String(progress.failedStep)} failed`;
}

/** How much of the console a failure shows; all of it is in serial.log. */
const CONSOLE_CHARACTERS = 2000;
const CONSOLE_LINES = 8;

/** The console's last words for a failure; a death tells them itself, and a wrong scenario has none. */
export function consoleBehind(
  { failureClass, code, details }: TapbootError,
  console: GuestConsole,
): string | undefined {
  if (failureClass !== 'product' && failureClass !== 'infra') return undefined;
  if (code === 'TAPBOOT_E_INTERRUPTED') return undefined;
  const tail = consoleTail(console.tail(CONSOLE_CHARACTERS), CONSOLE_LINES);
  return tail === '' || details.output?.includes(tail) === true ? undefined : tail;
}

/**
 * The driver's own dialogue with a shell on the console (its marks, and what makes the shell
 * quiet): nothing that a guest has said.
 */
const DIALOGUE =
  /@tb[0-9a-f]{8}|printf '@tb| exec bash --norc| exec 2>&1; stty sane| trap : INT; cd \//;

/** The last lines of a console that are neither blank nor the driver's; the first may be cut. */
export const consoleTail = (text: string, count: number): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '' && !DIALOGUE.test(line))
    .slice(-count)
    .join('\n');
