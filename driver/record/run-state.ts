import path from 'node:path';
import { statSync } from 'node:fs';
import { z } from 'zod';
import { readIfPresent, writeAtomically } from '../host/atomic-file.js';
import { sortKeys } from '../sort-keys.js';
import { liveness, processIdentitySchema } from '../host/process-identity.js';

/** File in a run directory that says whether its run goes on. */
export const STATE_FILE = 'run.json';

const runStateSchema = z.looseObject({
  run_id: z.string(),
  state: z.enum(['running', 'ended', 'interrupted']),
  started_at: z.string(),
  ended_at: z.string().optional(),
  process: processIdentitySchema,
  /** Where the run's line belongs, and the offset from which on to look for it. */
  ledger: z.object({ path: z.string(), offset: z.int().nonnegative() }).optional(),
  /** What an interrupted run's ledger line needs and nobody else knows any more. */
  working_directory: z.string(),
  command: z.array(z.string()),
  timeouts: z.object({ spawn_seconds: z.int(), login_seconds: z.int() }),
});
export type RunState = z.infer<typeof runStateSchema>;

/** How long an owner that cannot be asked may leave its files untouched and still count. */
const UNKNOWN_OWNER_MS = 24 * 3_600_000;

export function writeRunState(directory: string, state: RunState): void {
  const text = `${JSON.stringify(sortKeys(state), null, 2)}\n`;
  writeAtomically(path.join(directory, STATE_FILE), text);
}

/** The state, or undefined for a directory that has none that can be read. */
export function readRunState(directory: string): RunState | undefined {
  const text = readIfPresent(path.join(directory, STATE_FILE));
  if (text === undefined) return undefined;
  try {
    const parsed = runStateSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** True when a run says that it goes on, but its driver is no more. */
export function isAbandoned(directory: string, state: RunState, now = Date.now()): boolean {
  if (state.state !== 'running') return false;
  const owner = liveness(state.process);
  if (owner !== 'unknown') return owner === 'gone';
  const touched = ['.', 'logs', 'logs/harness.log', 'logs/serial.log', 'logs/metadata.json'].map(
    (file) => statSync(path.join(directory, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return now - Math.max(...touched) > UNKNOWN_OWNER_MS;
}
