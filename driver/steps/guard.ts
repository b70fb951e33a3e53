import { endingError } from '../ending.js';
import { infraError, type TapbootError } from '../errors.js';
import { startTimer } from '../host/timers.js';
import { seconds } from './wording.js';

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
  /** The step's time-out, for the message. */
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
    await settled(working, SETTLE_MS);
    throw error;
  } finally {
    clearTimeout(timer);
    guard.interrupt.removeEventListener('abort', onInterrupt);
  }
}

function overdue({ awaits, ceilingMs, timeoutMs }: Guard): TapbootError {
  const grace = ceilingMs - timeoutMs;
  const beyond = grace > 0 ? `, ${seconds(grace)} beyond its time-out` : '';
  return infraError(
    'TAPBOOT_E_STEP_OVERDUE',
    `the step was given up: waited ${seconds(ceilingMs)} for ${awaits}${beyond}`,
    {
      expected: `an end within ${seconds(timeoutMs)}`,
      got: 'neither an end nor an answer from what should have enforced the time-out',
    },
  );
}

/** Waits for a promise to end in whatever way, at most so long. */
async function settled(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = startTimer(resolve, ms);
  });
  await Promise.race([promise.then(ignore, ignore), timeout]);
  clearTimeout(timer);
}

const ignore = (): void => undefined;
