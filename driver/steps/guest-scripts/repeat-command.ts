import type { ExitExpectation } from '../../language/expectation.js';
import { withArguments } from '../../quote.js';
import { attemptDirectory, pause, repeatCommand, showAttempt } from './scripts.generated.js';

/** What an exit status must look like, as shell patterns. */
function statusPatterns(exit: ExitExpectation): string[] {
  if (exit === 'any') return ['*'];
  return exit === 'nonzero' ? ['[1-9]*'] : exit.oneOf.map(String);
}

/**
 * A script that repeats a command in the guest until its exit status is right, and then
 * shows the last attempt: on the first line its number and exit status, then its output.
 * Ends with 0 whatever the command's status is; any other end means that it could not run.
 * @param id made of letters, digits and dashes
 */
export const repeatCommandScript = (id: string, command: string, exit: ExitExpectation): string =>
  withArguments(
    [attemptDirectory, pause, repeatCommand, showAttempt].join('\n'),
    ...[id, command, ...statusPatterns(exit)],
  );

/**
 * A command that shows the last attempt after the timeout, in the same form; the exit
 * status is `running` when the attempt had not ended.
 */
export const lastAttemptCommand = (id: string): string =>
  withArguments(`${attemptDirectory}\n${showAttempt}`, id);

/** The last attempt of a command, taken apart. */
export interface Attempt {
  attempt: number;
  /** Null when it had not ended. */
  exitStatus: number | null;
  stdout: string;
}

/** Undefined when the text does not begin as the scripts' output does. */
export function parseAttempt(stdout: string): Attempt | undefined {
  const head = /^(\d+) (\d+|running)\n/.exec(stdout);
  if (head === null) return undefined;
  return {
    attempt: Number(head[1]),
    exitStatus: head[2] === 'running' ? null : Number(head[2]),
    stdout: stdout.slice(head[0].length),
  };
}
