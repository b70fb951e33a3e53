import { lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isMissing } from '../host/atomic-file.js';
import { runDirectories } from './interrupted.js';
import { RUN_DIRECTORY_NAME } from './run-directory.js';
import { readRunState } from './run-state.js';

/** What may stay; a limit that is left out does not limit. */
export interface Retention {
  /** Number of the newest run directories. */
  keep?: number;
  maxAgeDays?: number;
  /** Bytes on the disk, of all that stay together. */
  maxBytes?: number;
}

/** What happened, or with `dryRun` would happen, to one run directory. */
export interface PruneDecision {
  path: string;
  bytes: number;
  /** `failed`: it should go and could not be removed. */
  action: 'kept' | 'removed' | 'failed';
  reason: string;
}

/** A directory on its way out; found again when a kill got in between. */
const CONDEMNED = '.pruned';
const DAY_MS = 86_400_000;

/**
 * Removes run directories beyond the limits, oldest first. Never a running one (an
 * abandoned one is running until `markInterrupted` has recorded it), never `current`,
 * never anything that is not named as a run directory. A directory leaves under another
 * name first, so that none is ever found half empty.
 * @param options.current path of this run's own directory
 * @returns one decision a directory, newest first
 */
export function pruneRuns(
  root: string,
  limits: Retention,
  options: { current?: string; dryRun?: boolean; now?: Date } = {},
): PruneDecision[] {
  const now = (options.now ?? new Date()).getTime();
  if (options.dryRun !== true) sweep(root);
  const newestFirst = runDirectories(root).sort((a, b) => compareRuns(b, a));
  let [count, bytesKept] = [0, 0];
  return newestFirst.map((directory): PruneDecision => {
    const bytes = sizeOnDisk(directory);
    const decide = (action: PruneDecision['action'], reason: string): PruneDecision => {
      if (action !== 'removed') [count, bytesKept] = [count + 1, bytesKept + bytes];
      return { path: directory, bytes, action, reason };
    };
    if (
      options.current !== undefined &&
      path.resolve(options.current) === path.resolve(directory)
    ) {
      return decide('kept', 'this run');
    }
    if (readRunState(directory)?.state === 'running') return decide('kept', 'still running');
    const days = (now - startOf(directory)) / DAY_MS;
    const reason =
      limits.keep !== undefined && count >= limits.keep
        ? `beyond the newest ${String(limits.keep)}`
        : limits.maxAgeDays !== undefined && days > limits.maxAgeDays
          ? `older than ${String(limits.maxAgeDays)} days`
          : limits.maxBytes !== undefined && bytesKept + bytes > limits.maxBytes
            ? `beyond ${String(limits.maxBytes)} bytes together with the newer ones`
            : undefined;
    if (reason === undefined) return decide('kept', 'within the limits');
    if (options.dryRun === true) return decide('removed', reason);
    try {
      renameSync(directory, directory + CONDEMNED);
      rmSync(directory + CONDEMNED, { recursive: true, force: true });
      return decide('removed', reason);
    } catch (error) {
      return decide('failed', error instanceof Error ? error.message : String(error));
    }
  });
}

/** By time, then by the number within a second (`-10` behind `-2`). */
function compareRuns(a: string, b: string): number {
  const parts = (file: string): [string, number] => {
    const match = RUN_DIRECTORY_NAME.exec(path.basename(file));
    return [match?.[1] ?? '', Number(match?.[2] ?? 1)];
  };
  const [[timeA, numberA], [timeB, numberB]] = [parts(a), parts(b)];
  return timeA === timeB ? numberA - numberB : timeA < timeB ? -1 : 1;
}

/** Milliseconds since the epoch, from the name: files get touched, names do not. */
function startOf(directory: string): number {
  const compact = path.basename(directory).slice(0, 18);
  return Date.parse(compact.replace(/T(\d\d)(\d\d)(\d\d)Z$/, 'T$1:$2:$3Z'));
}

/** Allocated bytes; what vanishes while we look counts nothing. */
function sizeOnDisk(file: string): number {
  try {
    const stat = lstatSync(file);
    const own = stat.blocks * 512;
    if (!stat.isDirectory()) return own;
    return readdirSync(file).reduce((sum, name) => sum + sizeOnDisk(path.join(file, name)), own);
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function sweep(root: string): void {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  for (const name of names) {
    if (!name.endsWith(CONDEMNED) || !RUN_DIRECTORY_NAME.test(name.slice(0, -CONDEMNED.length))) {
      continue;
    }
    rmSync(path.join(root, name), { recursive: true, force: true });
  }
}
