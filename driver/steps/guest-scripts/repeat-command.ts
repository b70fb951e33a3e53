import type { ExitExpectation } from '../../language/expectation.js';
import { PAUSE_FUNCTION } from './pause.js';
import { shellQuote } from '../../quote.js';

/** Seconds between two attempts. */
const BETWEEN_ATTEMPTS = '0.2';

/** What an exit status must look like, as a shell pattern. */
function statusPattern(exit: ExitExpectation): string {
  if (exit === 'any') return '*';
  return exit === 'nonzero' ? '[1-9]*' : exit.oneOf.map(String).join('|');
}

/** Directory variable `$dir` of one wait; `id` is made of letters, digits and dashes. */
const directory = (id: string): string =>
  `if [ -d /run ] && [ -w /run ]; then dir=/run; else dir=/tmp; fi; dir=$dir/tapboot-wait-${id}`;

const SHOW_LAST = `cat "$dir/state" "$dir/out"; cat "$dir/err" >&2; rm -rf "$dir"`;

/**
 * A script that repeats a command in the guest until its exit status is right, and then
 * shows the last attempt: on the first line its number and exit status, then its output.
 * Every attempt runs in a subshell of its own, so that `exit`, `cd` and `set` stay there.
 * Ends with 0 whatever the command's status is; any other end means that it could not run.
 */
export function repeatCommandScript(id: string, command: string, exit: ExitExpectation): string {
  return `
${directory(id)}
mkdir -m 700 "$dir" || exit 1
${PAUSE_FUNCTION}
command=${shellQuote(command)}
attempt=0
while :; do
  attempt=$((attempt + 1))
  printf '%s running\\n' "$attempt" >"$dir/state"
  (eval "$command") >"$dir/out" 2>"$dir/err" </dev/null 9<&-
  status=$?
  printf '%s %s\\n' "$attempt" "$status" >"$dir/state"
  case $status in ${statusPattern(exit)}) break ;; esac
  pause ${BETWEEN_ATTEMPTS}
done
${SHOW_LAST}`.trim();
}

/**
 * A command that shows the last attempt after the timeout, in the same form; the exit
 * status is `running` when the attempt had not ended.
 */
export function lastAttemptCommand(id: string): string {
  return `${directory(id)}; ${SHOW_LAST}`;
}

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
