import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { infraError } from '../../errors.js';
import { readIfPresent, recordWriteError, writeAtomically } from '../../host/atomic-file.js';
import { RECORD_LOCK, withLock } from '../../host/lock.js';
import type { ScenarioKey } from './history.js';
import { sortKeys } from '../../sort-keys.js';

const itemSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  file: z.string(),
  path: z
    .string()
    .optional()
    .describe('The file, absolute: `file` may count from another working directory'),
  sources: z
    .array(z.string())
    .optional()
    .describe('Files, absolute, of the scenarios whose checkpoints it needs'),
  projected_seconds: z.number().nonnegative(),
  reason: z.string(),
  queued_at: z.iso.datetime({ offset: true }),
  run_id: z.string().describe('The run that put it here first'),
});

const queueSchema = z.looseObject({ version: z.literal(1), queued: z.array(itemSchema) });

/** A scenario that waits for `--resume`. */
export type QueueItem = z.infer<typeof itemSchema>;

/** What names a scenario on the queue. */
export type QueueKey = ScenarioKey & Pick<QueueItem, 'path'>;

const same = (a: QueueKey, b: QueueKey): boolean =>
  a.id === b.id &&
  (a.path === undefined || b.path === undefined ? a.file === b.file : a.path === b.path);

/**
 * The scenarios that wait, longest waiting first. No file, none.
 * @throws TapbootError `infra` TAPBOOT_E_QUEUE_DAMAGED: what waits must not be forgotten
 */
export function readQueue(file: string): QueueItem[] {
  const text = readIfPresent(file);
  if (text === undefined) return [];
  try {
    return queueSchema.parse(JSON.parse(text)).queued;
  } catch (cause) {
    throw infraError('TAPBOOT_E_QUEUE_DAMAGED', `the queue of scenarios cannot be read`, {
      cause,
      at: { file, line: 1, column: 1 },
      got: cause instanceof Error ? cause.message : String(cause),
      hint: `Repair ${file}, or remove it to discard the queue.`,
    });
  }
}

/**
 * Brings the queue up to date on the way of a run: `ran` leave it (whatever their
 * verdict; they have one), `queued` join at its end unless they are in it. Under a lock and
 * atomic. A scenario taken up by `--resume` stays in the file until it has run, so that
 * a killed driver drops nothing.
 */
export async function settleQueue(
  file: string,
  change: { ran: readonly QueueKey[]; queued: readonly QueueItem[] },
): Promise<QueueItem[]> {
  if (change.ran.length === 0 && change.queued.length === 0) return readQueue(file);
  if (change.queued.length === 0 && readQueue(file).length === 0) return [];
  try {
    mkdirSync(path.dirname(file), { recursive: true });
  } catch (cause) {
    throw recordWriteError(file, cause);
  }
  return withLock(
    `${file}.lock`,
    () => {
      const kept = readQueue(file).filter((item) => !change.ran.some((ran) => same(ran, item)));
      for (const item of change.queued) {
        if (!kept.some((present) => same(present, item))) kept.push(item);
      }
      writeAtomically(file, `${JSON.stringify(sortKeys({ version: 1, queued: kept }), null, 2)}\n`);
      return kept;
    },
    RECORD_LOCK,
  );
}
