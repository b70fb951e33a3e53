import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { infraError } from '../errors.js';
import { startTimer } from './timers.js';

/**
 * Runs `work` while holding an exclusive lock on `file`.
 *
 * The lock is the kernel's (flock(2)), held by util-linux' `flock` in a child that lives
 * as long as its standard input is open: when this process dies, in whatever way, the
 * lock is free. Nobody has to recognise a stale one.
 *
 * @param onWait called once when somebody else holds the lock.
 * @throws TapbootError `TAPBOOT_E_LOCK` (infra) when the lock cannot be taken.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  options: { onWait?: () => void; signal?: AbortSignal } = {},
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const holder = execa('flock', ['--exclusive', file, 'sh', '-c', 'echo held; exec cat'], {
    stdin: 'pipe',
    reject: false,
    cancelSignal: options.signal,
  });
  const waiting = startTimer(() => options.onWait?.(), 500);
  try {
    const held = await Promise.race([
      new Promise<true>((resolve) => holder.stdout.once('data', () => resolve(true))),
      holder.then((result) => result),
    ]);
    clearTimeout(waiting);
    if (held !== true) {
      throw infraError('TAPBOOT_E_LOCK', `cannot lock ${file}`, {
        got: held.shortMessage ?? 'flock ended early',
        hint: 'flock is part of util-linux; the cache directory must be on a file system with locks.',
      });
    }
    return await work();
  } finally {
    clearTimeout(waiting);
    holder.stdin.end();
    await holder;
  }
}
