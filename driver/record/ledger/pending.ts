import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { isMissing } from '../../host/atomic-file.js';

/** A line on its way into the ledger. */
export type Pending =
  | { kind: 'line'; file: string; offset: number; runId: string; line: string }
  | { kind: 'damaged'; file: string; reason: string };

const SUFFIX = '.json';
/** A temporary file this old belongs to nobody who lives (writing one takes milliseconds). */
const STALE_MS = 3_600_000;

/** Name of a pending file; `key` sorts by time. */
export function pendingFile(ledger: string, key: string): string {
  return `${ledger}.pending-${key}${SUFFIX}`;
}

/** Pending files of a ledger, oldest first. */
export function listPending(ledger: string): Pending[] {
  const files = siblings(ledger, '.pending-').filter((file) => file.endsWith(SUFFIX));
  return files.flatMap((file) => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      // Another process brought it in meanwhile.
      if (isMissing(error)) return [];
      throw error;
    }
    return [parse(file, text)];
  });
}

function parse(file: string, text: string): Pending {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) {
      const { offset, runId, line } = value as Record<string, unknown>;
      if (typeof offset === 'number' && typeof runId === 'string' && typeof line === 'string') {
        JSON.parse(line);
        return { kind: 'line', file, offset, runId, line };
      }
    }
    return { kind: 'damaged', file, reason: 'keys are missing' };
  } catch (error) {
    return {
      kind: 'damaged',
      file,
      reason: error instanceof Error ? error.message : String(error),
    };
  }
}

/** Removes what a kill left between creating a temporary file and renaming it. */
export function removeStaleTemporaries(ledger: string, now = Date.now()): void {
  for (const file of siblings(ledger, '.pending-')) {
    if (!file.includes('.tmp-')) continue;
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat !== undefined && now - stat.mtimeMs > STALE_MS) rmSync(file, { force: true });
  }
}

function siblings(ledger: string, infix: string): string[] {
  const directory = path.dirname(ledger);
  const prefix = `${path.basename(ledger)}${infix}`;
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  return names
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => path.join(directory, name));
}
