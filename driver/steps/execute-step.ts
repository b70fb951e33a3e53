import { endingError } from '../ending.js';
import { type TapbootError, asTapbootError, infraError, scenarioError } from '../errors.js';
import type { Artifact } from '../events/events.js';
import { startTimer } from '../host/timers.js';
import { within } from '../host/waiting.js';
import type { Machine } from '../language/machine-shape.js';
import type { MachineUnderTest } from '../machine/machine-under-test.js';
import { lookAhead } from './foresight.js';
import type { StepRecorder } from './recorder.js';
import type { BoundStep } from './runners.js';
import type { Step } from './step.js';
import { seconds } from './wording.js';

/** Time for the watchdog to say why a channel was lost. */
const DEATH_NEWS_MS = 2000;

/** Time for a guest that is shutting down to be gone; stopping its services takes a while. */
const SHUTDOWN_MS = 60_000;

/** Diagnostics have timeouts of their own; this is for a machine that hangs over them. */
const DIAGNOSTICS_MS = 120_000;

/**
 * Does one step under guard.
 * @returns its failure, or undefined when it passed
 */
export async function executeStep(
  step: Step,
  bound: BoundStep,
  surroundings: {
    next: Step | undefined;
    /** Disks that the machine lacks of these are plugged in before anything else. */
    becomes?: Machine | undefined;
    interrupt: AbortSignal;
    vm: MachineUnderTest;
    guestIsDead: boolean;
    recorderFor(signal: AbortSignal): StepRecorder;
  },
): Promise<TapbootError | undefined> {
  const { vm } = surroundings;
  let lastStatus: () => number | null | undefined = () => undefined;
  try {
    if (bound.needs === 'on' && vm.power === 'off') throw machineOff(step);
    await guarded(
      async (signal) => {
        const recorder = surroundings.recorderFor(signal);
        lastStatus = () => recorder.commands.at(-1)?.exitStatus;
        if (surroundings.becomes !== undefined) await plugIn(surroundings.becomes, recorder);
        await lookAhead(step, surroundings.next, recorder);
        await bound.run(recorder);
        if (step.saveAs !== undefined) await vm.checkpoint(step.saveAs);
      },
      {
        death: vm.death,
        ignoreDeath: surroundings.guestIsDead,
        interrupt: surroundings.interrupt,
        ceilingMs: bound.ceilingMs,
        timeoutMs: step.timeoutMs,
        awaits: bound.awaits,
      },
    );
    return undefined;
  } catch (error) {
    if (surroundings.guestIsDead) return asTapbootError(error);
    if (surroundings.interrupt.aborted) return endingError(surroundings.interrupt);
    return await causeOf(asTapbootError(error), vm, lastStatus(), surroundings.interrupt);
  }
}

async function plugIn(machine: Machine, recorder: StepRecorder): Promise<void> {
  const { signal } = recorder;
  const plugged = await recorder.vm.plugIn(machine, { timeoutMs: recorder.remainingMs(), signal });
  if (plugged === undefined) return;
  const { disks, waitedMs, tookMs } = plugged;
  recorder.note(
    `plugged in after the boot: ${disks.join(', ')} (${seconds(tookMs)}; waited ${seconds(waitedMs)} for systemd's jobs)`,
  );
}

const machineOff = (step: Step): TapbootError =>
  scenarioError('TAPBOOT_E_MACHINE_OFF', `a ${step.kind} step needs a running machine`, {
    expected: 'a machine that is on',
    got: 'an earlier step switched it off',
    hint: 'Move the step before the power step; `disks` steps work on a machine that is off.',
  });

/**
 * A dying guest first shows as a lost channel or as a command's odd result; what the
 * watchdog says of it is the better answer.
 */
async function causeOf(
  error: TapbootError,
  vm: MachineUnderTest,
  exitStatus: number | null | undefined,
  interrupt: AbortSignal,
): Promise<TapbootError> {
  if (error.failureClass === 'scenario') return error;
  const patience = error.failureClass === 'guest-dead' ? DEATH_NEWS_MS : 0;
  const death = (await within(vm.death, { ms: patience })) ?? (await settledDeath(vm, interrupt));
  if (death !== undefined) return death;
  const unasked = endedBySignal(exitStatus) && (await isGoingDown(vm));
  return unasked ? ((await within(vm.death, { ms: SHUTDOWN_MS })) ?? error) : error;
}

/**
 * The machine's death, once it is certain whether it lives; undefined when it does. An
 * interrupt ends the wait, and is what is returned then.
 */
export async function settledDeath(
  vm: MachineUnderTest,
  interrupt: AbortSignal,
): Promise<TapbootError | undefined> {
  if (interrupt.aborted) return endingError(interrupt);
  const settled = await within(
    vm.settledDeath().then((death) => ({ death })),
    { signal: interrupt },
  );
  return settled === undefined ? endingError(interrupt) : settled.death;
}

/** The evidence of a failed step; never rejects, and ends soon after an interrupt. */
export async function evidenceOf(
  vm: MachineUnderTest,
  reason: string,
  interrupt: AbortSignal,
  note: (text: string) => void,
): Promise<Artifact[]> {
  const limits = { ms: DIAGNOSTICS_MS, signal: interrupt };
  let why = `not collected within ${String(DIAGNOSTICS_MS / 1000)} s`;
  try {
    const artifacts = await within(vm.collectDiagnostics(reason), limits);
    if (artifacts !== undefined) return artifacts;
  } catch (error) {
    why = asTapbootError(error).message;
  }
  if (!interrupt.aborted) note(`the guest's evidence is missing: ${why}`);
  return [];
}

/** Milliseconds for the guest to say whether it is shutting down. */
const ASK_MS = 20_000;

/**
 * Whether the guest's own shutdown may be what has just ended a command by a signal: the
 * guest says so, or no longer answers. systemd's word for it is `stopping` (systemctl(1)).
 */
export async function isGoingDown(vm: MachineUnderTest): Promise<boolean> {
  if (vm.power === 'off') return false;
  try {
    const { stdout, timedOut } = await vm.run('systemctl is-system-running', {
      timeoutMs: ASK_MS,
    });
    return timedOut || stdout.trim() === 'stopping';
  } catch {
    return true;
  }
}

/** True for the exit status that a shell gives for a command that a signal ended. */
export const endedBySignal = (exitStatus: number | null | undefined): boolean =>
  (exitStatus ?? 0) > 128;

/** What may end a step from outside. */
export interface Guard {
  /** Resolves when the guest is lost. */
  death: Promise<TapbootError>;
  /** True when the step goes on though the guest is dead. */
  ignoreDeath: boolean;
  /** The run's own interrupt. */
  interrupt: AbortSignal;
  /** Milliseconds until the step is given up. */
  ceilingMs: number;
  /** The step's timeout, for the message. */
  timeoutMs: number;
  /** What is waited for. */
  awaits: string;
}

/** Time that a step has for tidying up (views of disks, second machines) once it is given up. */
export const SETTLE_MS = 5000;

/**
 * Does `work` until it ends, or until the guest dies, the run is interrupted or the ceiling
 * is reached. Then the work's signal is aborted, and it is given some seconds to tidy up.
 *
 * @throws what the work throws; the guest's death; why the run is ended; TAPBOOT_E_STEP_OVERDUE
 */
export async function guarded(
  work: (signal: AbortSignal) => Promise<void>,
  guard: Guard,
): Promise<void> {
  if (guard.interrupt.aborted) throw endingError(guard.interrupt);
  const abort = new AbortController();
  let giveUp: (error: TapbootError) => void = () => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const onInterrupt = (): void => {
    giveUp(endingError(guard.interrupt));
  };
  guard.interrupt.addEventListener('abort', onInterrupt, { once: true });
  if (!guard.ignoreDeath) void guard.death.then(giveUp);
  const timer = startTimer(() => {
    giveUp(overdue(guard));
  }, guard.ceilingMs);
  const working = work(abort.signal);
  try {
    await Promise.race([working, givenUp]);
  } catch (error) {
    abort.abort(error);
    await within(working.then(ignore, ignore), { ms: SETTLE_MS });
    throw error;
  } finally {
    clearTimeout(timer);
    guard.interrupt.removeEventListener('abort', onInterrupt);
  }
}

function overdue({ awaits, ceilingMs, timeoutMs }: Guard): TapbootError {
  const grace = ceilingMs - timeoutMs;
  const beyond = grace > 0 ? `, ${seconds(grace)} beyond its timeout` : '';
  return infraError(
    'TAPBOOT_E_STEP_OVERDUE',
    `the step was cancelled: waited ${seconds(ceilingMs)} for ${awaits}${beyond}`,
    { expected: `an end within ${seconds(timeoutMs)}`, got: 'the step overran its own timeout' },
  );
}

const ignore = (): void => undefined;
