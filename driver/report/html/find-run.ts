import { existsSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { scenarioError } from '../../errors.js';
import { RUN_DIRECTORY_NAME } from '../../record/run-directory.js';

/** Where a run directory has its events. */
export const EVENTS = join('logs', 'events.jsonl');

/**
 * The run directory that somebody means: a path, a name below the log root, or, without
 * either, the newest that has events.
 * @param logRoot absolute
 * @throws TapbootError `scenario` TAPBOOT_E_NO_RUN
 */
export function findRun(
  given: string | undefined,
  logRoot: string,
  workingDirectory: string,
): string {
  const candidates =
    given === undefined
      ? newestFirst(logRoot)
      : [resolve(workingDirectory, given), ...(isAbsolute(given) ? [] : [join(logRoot, given)])];
  const found = candidates.find((directory) => existsSync(join(directory, EVENTS)));
  if (found !== undefined) return found;
  throw scenarioError(
    'TAPBOOT_E_NO_RUN',
    given === undefined ? `there is no run in ${logRoot}` : `${given} is not a run directory`,
    {
      expected: `a run directory with ${EVENTS} in it`,
      got:
        given !== undefined && existsSync(candidates[0] ?? '')
          ? 'no events in it'
          : 'nothing there',
      hint: 'Name the run directory; `--log-root` says where they are.',
    },
  );
}

function newestFirst(logRoot: string): string[] {
  if (!existsSync(logRoot)) return [];
  return readdirSync(logRoot)
    .filter((name) => RUN_DIRECTORY_NAME.test(name))
    .map((name) => join(logRoot, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
}
