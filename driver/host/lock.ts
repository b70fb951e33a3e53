import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { infraError, type TapbootError } from '../errors.js';
import { hasCode } from './atomic-file.js';
import { hostCommand } from './command.js';
import { startTimer } from './timers.js';

/** Exit status by which flock(1) tells "held by another" from its own failures. */
const CONFLICT = 75;

/** After this time a lock that is held by another is worth a word, milliseconds. */
const WAITING_MS = 500;

/** How files of the record are locked: whoever writes them takes milliseconds. */
export const RECORD_LOCK = { timeoutSeconds: 60 } as const;

/** How a lock is taken. */
export interface LockOptions {
  /** How long to wait for another holder; absent: until it lets go. */
  timeoutSeconds?: number;
  /** Called once when another process holds the lock. */
  onWait?: () => void;
  /** Gives up the wait. */
  signal?: AbortSignal;
}

/**
 * Runs `work` while holding an exclusive lock on `path` (made when missing, with its directory;
 * a directory is locked itself).
 *
 * The lock is the kernel's (flock(2)), on a descriptor of this process: flock(1) takes it for us
 * and exits, the open file keeps it. Whatever ends this process, SIGKILL included, closes the
 * descriptor and frees the lock, so nothing has to guess at a stale one.
 *
 * @throws TapbootError `infra` TAPBOOT_E_LOCK_TIMEOUT or TAPBOOT_E_LOCK
 */
export async function withLock<T>(
  path: string,
  work: () => T | Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const fd = await open(path);
  try {
    await take(fd, path, options);
    return await work();
  } finally {
    closeSync(fd);
  }
}

async function open(path: string): Promise<number> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return openSync(path, 'a', 0o644);
  } catch (error) {
    if (hasCode(error, 'EISDIR')) return openSync(path, 'r');
    throw lockError(path, error instanceof Error ? error.message : String(error));
  }
}

async function take(fd: number, path: string, options: LockOptions): Promise<void> {
  const { timeoutSeconds, onWait, signal } = options;
  const limit = timeoutSeconds === undefined ? [] : ['--timeout', String(timeoutSeconds)];
  const waiting = startTimer(() => onWait?.(), WAITING_MS);
  // A session of its own: what Ctrl-C means is decided by whoever waits, through `signal`.
  const { exitCode, stderr, ending } = await hostCommand(
    'flock',
    ['--exclusive', '--conflict-exit-code', String(CONFLICT), ...limit, '3'],
    { descriptors: [fd], ownSession: true, signal },
  );
  clearTimeout(waiting);
  if (exitCode === 0) return;
  if (exitCode === CONFLICT) {
    throw infraError('TAPBOOT_E_LOCK_TIMEOUT', `another process holds the lock on ${path}`, {
      expected: `the lock within ${String(timeoutSeconds)} s`,
      hint: `Find the process: fuser -v ${path}`,
    });
  }
  throw lockError(path, stderr.trim() === '' ? `flock ${ending}` : stderr.trim());
}

const lockError = (path: string, got: string): TapbootError =>
  infraError('TAPBOOT_E_LOCK', `${path} cannot be locked`, {
    got,
    hint: 'flock(1) of util-linux must be on the path, and the directory writable.',
  });
