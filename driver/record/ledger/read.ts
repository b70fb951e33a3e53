import type { PastRun } from './entry.js';
import { pastRun } from './entry.js';
import { MAX_LINE_BYTES, readLines } from './split-lines.js';

/** What one line of a ledger turned out to be. */
export type LedgerRecord =
  | { kind: 'run'; run: PastRun }
  /** Not readable; the rest of the file still is. */
  | { kind: 'bad'; line: number; reason: string };

/**
 * Streams a ledger, oldest line first, whatever its size. Blank lines are passed over,
 * lines that cannot be read are reported in their place. A missing file is an empty one.
 */
export async function* readLedger(file: string): AsyncGenerator<LedgerRecord> {
  for await (const { number, text, bytes } of readLines(file)) {
    if (text === undefined) {
      const limit = `${String(MAX_LINE_BYTES)} bytes`;
      yield { kind: 'bad', line: number, reason: `${String(bytes)} bytes, more than ${limit}` };
      continue;
    }
    if (text.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      yield { kind: 'bad', line: number, reason: `not JSON: ${reason}` };
      continue;
    }
    const run = pastRun(value, number);
    if (run === undefined) yield { kind: 'bad', line: number, reason: 'not a JSON object' };
    else yield { kind: 'run', run };
  }
}
