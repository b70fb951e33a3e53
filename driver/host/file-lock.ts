import { execa } from 'execa';
import { infraError } from '../errors.js';

/** Exit status by which flock(1) tells "held by another" from its own failures. */
const CONFLICT = 75;

/** flock(1) has the lock now; the helper lives until our end of its stdin closes. */
const ANNOUNCE_AND_WAIT = 'echo locked; exec cat >/dev/null';

/**
 * Runs `work` while holding an exclusive lock on `path` (made when missing; a directory
 * is locked itself).
 *
 * The lock is the kernel's (flock(2)), held by a helper process that waits on a pipe
 * from us: whatever ends this process, SIGKILL included, closes the pipe, ends the
 * helper and frees the lock. No stale lock is possible, so nothing has to guess at one.
 * The helper has a session of its own, so that Ctrl-C does not take the lock away
 * in the middle of a write.
 *
 * @param timeoutSeconds how long to wait for another holder
 * @throws TapbootError `infra` TAPBOOT_E_LOCK_TIMEOUT or TAPBOOT_E_LOCK
 */
export async function withFileLock<T>(
  path: string,
  work: () => T | Promise<T>,
  timeoutSeconds = 60,
): Promise<T> {
  const helper = execa(
    'flock',
    [
      ...['--exclusive', '--no-fork', '--timeout', String(timeoutSeconds)],
      ...['--conflict-exit-code', String(CONFLICT), path, 'sh', '-c', ANNOUNCE_AND_WAIT],
    ],
    { stdin: 'pipe', stdout: 'pipe', buffer: { stdout: false }, detached: true, reject: false },
  );
  const locked = new Promise<boolean>((resolve) => {
    helper.stdout.once('data', () => {
      resolve(true);
    });
    helper.stdout.once('close', () => {
      resolve(false);
    });
  });
  if (!(await locked)) throw lockError(path, timeoutSeconds, await helper);
  try {
    return await work();
  } finally {
    helper.stdin.on('error', () => undefined);
    helper.stdin.end();
    await helper;
  }
}

function lockError(
  path: string,
  timeoutSeconds: number,
  result: { exitCode?: number | undefined; stderr: string; originalMessage?: string | undefined },
): Error {
  if (result.exitCode === CONFLICT) {
    return infraError('TAPBOOT_E_LOCK_TIMEOUT', `another process holds the lock on ${path}`, {
      expected: `the lock within ${String(timeoutSeconds)} s`,
      hint: `See who holds it: fuser -v ${path}`,
    });
  }
  const said = result.stderr.trim();
  return infraError('TAPBOOT_E_LOCK', `${path} cannot be locked`, {
    got:
      said === ''
        ? (result.originalMessage ?? `flock: exit status ${String(result.exitCode)}`)
        : said,
    hint: 'flock(1) of util-linux must be on the path, and the directory writable.',
  });
}
