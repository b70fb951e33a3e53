import { randomUUID } from 'node:crypto';
import type { CommandResult } from '../../channel/channel.js';
import type { TapbootError } from '../../errors.js';
import { productError } from '../../errors.js';
import type { WaitCondition, WaitStep } from './schema.js';
import { sleep } from '../../host/timers.js';
import { commandVerdict } from '../command-verdict.js';
import {
  lastAttemptCommand,
  parseAttempt,
  repeatCommandScript,
  type Attempt,
} from '../guest-scripts/repeat-command.js';
import type { StepContext } from '../step-runner.js';
import { UnmetExpectation } from '../failure.js';
import { scriptFailure } from './unit-failures.js';
import { exitWords, outputExcerpt, quoted, seconds } from '../wording.js';

type CommandCondition = Extract<WaitCondition, { what: 'command' }>;

/** Milliseconds between the end of one attempt and the next, when they are made from here. */
const BETWEEN_ATTEMPTS_MS = 200;

/**
 * Repeats a command until its result is as expected. Where only the exit status counts, the
 * guest repeats it on its own; else every attempt is a command whose output is judged here.
 */
export async function waitForCommand(
  condition: CommandCondition,
  step: WaitStep,
  context: StepContext,
): Promise<void> {
  const { stdout, stderr } = condition.expect;
  const statusOnly = stdout === undefined && stderr === undefined && condition.stdin === undefined;
  await (statusOnly
    ? repeatInGuest(condition, step, context)
    : repeatFromHere(condition, step, context));
}

async function repeatInGuest(
  condition: CommandCondition,
  step: WaitStep,
  context: StepContext,
): Promise<void> {
  const id = randomUUID();
  const { command, expect } = condition;
  const script = repeatCommandScript(id, command, expect.exit);
  const result = await context.run(script, {
    ...optionsOf(condition, step, context),
    label: `until ${exitWords(expect.exit)}: ${command}`,
  });
  if (!result.timedOut) {
    const attempt = parseAttempt(result.stdout);
    if (result.exitStatus !== 0 || attempt === undefined) {
      throw scriptFailure(result, `wait for ${quoted(command)}`);
    }
    const { exitStatus, stdout } = attempt;
    const failure = commandVerdict(
      { ...result, command, exitStatus, stdout },
      condition,
      step.timeoutMs,
    );
    if (failure !== undefined) throw failure;
    return;
  }
  const last = await context.run(lastAttemptCommand(id), {
    timeoutMs: 5000,
    label: `last attempt of ${quoted(command)}`,
  });
  const attempt = parseAttempt(last.stdout);
  throw overdue(condition, step, exitWords(expect.exit), attemptWords(attempt), {
    ...last,
    stdout: attempt?.stdout ?? last.stdout,
  });
}

function attemptWords(attempt: Attempt | undefined): string {
  if (attempt === undefined) return 'unknown';
  return attempt.exitStatus === null
    ? `attempt ${String(attempt.attempt)} had not ended`
    : `exit status ${String(attempt.exitStatus)} in attempt ${String(attempt.attempt)}`;
}

async function repeatFromHere(
  condition: CommandCondition,
  step: WaitStep,
  context: StepContext,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await context.run(condition.command, optionsOf(condition, step, context));
    const failure = commandVerdict(result, condition, step.timeoutMs);
    if (failure === undefined) return;
    if (failure.failureClass !== 'product') throw failure;
    if (result.timedOut) {
      const got = `attempt ${String(attempt)} had not ended`;
      throw overdue(condition, step, 'a result as expected', got, result);
    }
    if (context.remainingMs() <= BETWEEN_ATTEMPTS_MS)
      throw lastWrong(condition, step, attempt, failure);
    await sleep(BETWEEN_ATTEMPTS_MS, undefined, { signal: context.signal });
  }
}

const optionsOf = (condition: CommandCondition, step: WaitStep, context: StepContext) => ({
  timeoutMs: context.remainingMs(),
  channel: step.channel,
  stdin: condition.stdin,
  outputLimit: condition.outputLimit,
});

function overdue(
  condition: CommandCondition,
  step: WaitStep,
  expected: string,
  got: string,
  last: CommandResult,
): TapbootError {
  const output = outputExcerpt(last);
  return productError(
    'TAPBOOT_E_WAIT_TIMEOUT',
    `waited ${seconds(step.timeoutMs)} for ${expected} of ${quoted(condition.command)}: ${got}`,
    { expected, got, output },
  );
}

function lastWrong(
  condition: CommandCondition,
  step: WaitStep,
  attempts: number,
  failure: TapbootError,
): TapbootError {
  return new UnmetExpectation(
    'TAPBOOT_E_WAIT_TIMEOUT',
    `waited ${seconds(step.timeoutMs)} for ${quoted(condition.command)} to give what is expected; the last of ${String(attempts)} attempts did not`,
    failure instanceof UnmetExpectation ? failure.mismatches : [],
    failure.details,
  );
}
