import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { appendToLedger } from './ledger/append.js';
import { isMissing, readIfPresent, writeAtomically } from '../host/atomic-file.js';
import { RECORD_LOCK, withLock } from '../host/lock.js';
import { containsRun } from './ledger/ledger-tail.js';
import { sortKeys } from '../sort-keys.js';
import { ledgerLine } from './ledger-line.js';
import type { Metadata } from './metadata-schema.js';
import { metadataSchema } from './metadata-schema.js';
import { RUN_DIRECTORY_NAME } from './run-directory.js';
import type { RunState } from './run-state.js';
import { isAbandoned, readRunState, writeRunState } from './run-state.js';

/** Why a run counts as interrupted; stands in metadata.json. */
const REASON = 'the driver ended without closing its record (killed, or the machine went down)';

/** Run directories below a root, oldest name first. Links are not followed. */
export function runDirectories(root: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && RUN_DIRECTORY_NAME.test(entry.name))
      .map((entry) => path.join(root, entry.name))
      .sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * Finds runs whose driver is gone without having closed its record, and says so: in
 * run.json, in metadata.json, and by one line of outcome `error` in the ledger that the
 * run would have written to. Once each, also when two runs start at the same time, and
 * when this very work is killed half way. A run that got as far as its ledger line is
 * complete, and is merely marked as ended.
 *
 * @param root where run directories are
 * @returns the directories now marked as interrupted, and sentences about repairs
 */
export async function markInterrupted(
  root: string,
  now = new Date(),
): Promise<{ marked: string[]; said: string[] }> {
  const abandoned = (): [string, RunState][] =>
    runDirectories(root).flatMap((directory): [string, RunState][] => {
      const state = readRunState(directory);
      const left = state !== undefined && isAbandoned(directory, state, now.getTime());
      return left ? [[directory, state]] : [];
    });
  const result = { marked: [] as string[], said: [] as string[] };
  if (abandoned().length === 0) return result;
  await withLock(
    root,
    async () => {
      for (const [directory, state] of abandoned()) {
        try {
          if (await settle(directory, state, now, result.said)) result.marked.push(directory);
        } catch (error) {
          // Not this run's failure; the directory stays as it is, and the next run tries again.
          const reason = error instanceof Error ? error.message : String(error);
          result.said.push(`${directory}: an interrupted run could not be recorded: ${reason}`);
        }
      }
    },
    RECORD_LOCK,
  );
  return result;
}

/** @returns true when it was marked as interrupted, false when it had been complete */
async function settle(
  directory: string,
  state: RunState,
  now: Date,
  said: string[],
): Promise<boolean> {
  const ended_at = now.toISOString();
  if (isRecorded(state)) {
    writeRunState(directory, { ...state, state: 'ended', ended_at });
    return false;
  }
  const metadata = markMetadata(directory, state, now);
  if (state.ledger !== undefined) {
    const line = ledgerLine(metadata, {
      metadataPath: metadataPath(directory, state),
      timestamp: now,
      fallbackOutcome: 'error',
    });
    said.push(...(await appendToLedger(state.ledger.path, line, state.ledger.offset)).said);
  }
  // Last: whoever is killed before this does it all again, to the same end.
  writeRunState(directory, { ...state, state: 'interrupted', ended_at });
  return true;
}

function isRecorded({ ledger, run_id }: RunState): boolean {
  return ledger !== undefined && containsRun(ledger.path, run_id, ledger.offset);
}

function metadataPath(directory: string, state: RunState): string {
  const file = path.join(directory, 'logs', 'metadata.json');
  const inside = path.relative(state.working_directory, file);
  return inside.startsWith('..') ? file : inside;
}

/** Says it in metadata.json, whatever is left of that file. */
function markMetadata(directory: string, state: RunState, now: Date): Metadata {
  const logs = path.join(directory, 'logs');
  const file = path.join(logs, 'metadata.json');
  const metadata: Metadata = {
    ...(readMetadata(file) ?? bareMetadata(directory, state)),
    generated_at: now.toISOString(),
    outcome: 'error',
    interrupted: REASON,
  };
  if (existsSync(logs)) {
    for (const name of readdirSync(logs)) {
      if (name.startsWith('metadata.json.tmp-')) rmSync(path.join(logs, name), { force: true });
    }
    writeAtomically(file, `${JSON.stringify(sortKeys(metadata), null, 2)}\n`);
  }
  return metadata;
}

function readMetadata(file: string): Metadata | undefined {
  try {
    const parsed = metadataSchema.safeParse(JSON.parse(readIfPresent(file) ?? 'null'));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** For a run that was killed before its first event. */
function bareMetadata(directory: string, state: RunState): Metadata {
  const logs = path.dirname(metadataPath(directory, state));
  return {
    generated_at: state.started_at,
    run_id: state.run_id,
    artifact: {},
    logs: { harness: path.join(logs, 'harness.log'), serial: path.join(logs, 'serial.log') },
    diagnostics: { directory: path.join(logs, 'diagnostics'), artifacts: [] },
    timings: { start: state.started_at },
    timeouts: state.timeouts,
    command: state.command,
    environment: {},
    session_ceiling_exceeded: false,
    scenarios: [],
    notices: [],
    vms: [],
  };
}
