import type { MachineUnderTest } from '../machine/machine-under-test.js';
import { endingError } from '../ending.js';
import { asTapbootError, scenarioError, type TapbootError } from '../errors.js';
import type { Artifact } from '../events/events.js';
import type { Step } from './step.js';
import { sleep } from '../host/timers.js';
import { lookAhead } from './foresight.js';
import { endedBySignal, isGoingDown } from './going-down.js';
import { guarded } from './guard.js';
import type { StepRecorder } from './recorder.js';
import type { BoundStep } from './runners.js';

/** Time for the watchdog to say why a channel was lost. */
const DEATH_NEWS_MS = 2000;

/** Time for a guest that is shutting down to be gone; stopping its services takes a while. */
const SHUTDOWN_MS = 60_000;

/** Diagnostics have time-outs of their own; this is for a machine that hangs over them. */
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

const machineOff = (step: Step): TapbootError =>
  scenarioError('TAPBOOT_E_MACHINE_OFF', `a ${step.kind} step needs a running machine`, {
    expected: 'a machine that is on',
    got: 'the machine is off, by a step before this one',
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
  const death = (await soon(vm.death, patience)) ?? (await settledDeath(vm, interrupt));
  if (death !== undefined) return death;
  const unasked = endedBySignal(exitStatus) && (await isGoingDown(vm));
  return unasked ? ((await soon(vm.death, SHUTDOWN_MS)) ?? error) : error;
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
  let stop: () => void = () => undefined;
  const stopped = new Promise<TapbootError>((resolve) => {
    stop = () => {
      resolve(endingError(interrupt));
    };
    interrupt.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([vm.settledDeath(), stopped]);
  } finally {
    interrupt.removeEventListener('abort', stop);
  }
}

/** What a promise resolves to within a time; undefined when it does not. */
export async function soon<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const abort = new AbortController();
  const late = sleep(ms, undefined, { signal: abort.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
  }
}

/** The evidence of a failed step; never rejects, and ends soon after an interrupt. */
export async function evidenceOf(
  vm: MachineUnderTest,
  reason: string,
  interrupt: AbortSignal,
): Promise<Artifact[]> {
  const stop = new AbortController();
  const stopped = Promise.race([
    sleep(DIAGNOSTICS_MS, undefined, { signal: stop.signal }).catch(() => undefined),
    new Promise<void>((resolve) => {
      const signal = AbortSignal.any([interrupt, stop.signal]);
      if (signal.aborted) resolve();
      else
        signal.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
    }),
  ]);
  try {
    return (await Promise.race([vm.collectDiagnostics(reason), stopped])) ?? [];
  } catch {
    return [];
  } finally {
    stop.abort();
  }
}
