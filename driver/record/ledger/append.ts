import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { TapbootError } from '../../errors.js';
import {
  recordWriteError,
  syncDirectory,
  writeAtomically,
  writeFully,
} from '../../host/atomic-file.js';
import { RECORD_LOCK, withLock } from '../../host/lock.js';
import { containsRun, healTail, ledgerEnd } from './ledger-tail.js';
import type { LedgerLine } from './ledger-schema.js';
import { listPending, pendingFile, removeStaleTemporaries } from './pending.js';
import { sortKeys } from '../../sort-keys.js';

/** What was found and put right on the way to an append; for notices. */
export interface LedgerRepairs {
  /** Sentences for people; empty when all was well. */
  said: string[];
  /** Runs whose lines were brought in from pending files, this call's own included. */
  appended: string[];
}

/**
 * Appends one run's line to the ledger: whole or not at all, and once.
 *
 * The line first goes to a pending file beside the ledger (fsync, rename); from there on
 * it cannot be lost. Then, under the lock, all pending lines are brought in: ours, and
 * those of drivers that were killed half way. Resolves when ours is on the disk.
 *
 * @param ledger absolute path; made with its directory when missing
 * @param notBefore byte offset at which a line of this run can first stand, from
 *   `ledgerEnd` (default: the present end). A line of the same `run_id` from there on
 *   means that the run has been recorded already, and nothing is added.
 * @throws TapbootError `infra`; the pending file stays, and a later run brings it in
 */
export async function appendToLedger(
  ledger: string,
  line: LedgerLine,
  notBefore?: number,
): Promise<LedgerRepairs> {
  try {
    mkdirSync(path.dirname(ledger), { recursive: true });
    const pending = {
      offset: notBefore ?? ledgerEnd(ledger),
      runId: line.run_id,
      line: JSON.stringify(sortKeys(line)),
    };
    const key = `${String(Date.now())}-${randomUUID()}`;
    writeAtomically(pendingFile(ledger, key), JSON.stringify(pending));
  } catch (error) {
    throw error instanceof TapbootError ? error : recordWriteError(ledger, error);
  }
  return settleLedger(ledger);
}

/**
 * What stands in the way of an append, as far as it can be told beforehand: a directory
 * that cannot be made, a ledger that cannot be opened. Sentences; empty when nothing does.
 */
export function ledgerObstacles(ledger: string): string[] {
  try {
    mkdirSync(path.dirname(ledger), { recursive: true });
    closeSync(openSync(ledger, 'a', 0o644));
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/**
 * Puts right what killed drivers left: a torn last line, and lines that wait in pending
 * files. Cheap when there is nothing to do; called at the start of every run.
 */
export async function settleLedger(ledger: string): Promise<LedgerRepairs> {
  try {
    if (listPending(ledger).length === 0 && healTail(ledger, { dryRun: true }) === undefined) {
      return { said: [], appended: [] };
    }
    return await withLock(`${ledger}.lock`, () => drain(ledger), RECORD_LOCK);
  } catch (error) {
    throw error instanceof TapbootError ? error : recordWriteError(ledger, error);
  }
}

/** Only under the lock. */
function drain(ledger: string): LedgerRepairs {
  const repairs: LedgerRepairs = { said: [], appended: [] };
  const healed = healTail(ledger, { dryRun: false });
  if (healed !== undefined) repairs.said.push(healed);
  for (const pending of listPending(ledger)) {
    if (pending.kind === 'damaged') {
      repairs.said.push(`${pending.file} is damaged and was left alone: ${pending.reason}`);
      continue;
    }
    if (!containsRun(ledger, pending.runId, pending.offset)) {
      appendLine(ledger, pending.line);
      repairs.appended.push(pending.runId);
    }
    rmSync(pending.file, { force: true });
  }
  removeStaleTemporaries(ledger);
  return repairs;
}

/** A failed write (full disk) is taken back, so that no half line stays. */
function appendLine(ledger: string, line: string): void {
  const fd = openSync(ledger, 'a', 0o644);
  try {
    const { size } = fstatSync(fd);
    try {
      writeFully(fd, Buffer.from(`${line}\n`));
      fsyncSync(fd);
    } catch (cause) {
      ftruncateSync(fd, size);
      throw recordWriteError(ledger, cause);
    }
  } finally {
    closeSync(fd);
  }
  syncDirectory(path.dirname(ledger));
}
