import {
  appendFileSync,
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
} from 'node:fs';
import { isMissing, writeFully } from '../../host/atomic-file.js';

const CHUNK = 64 * 1024;
const NEWLINE = 0x0a;

/** Opens an existing ledger, or returns undefined. */
function openLedger(ledger: string, flags: 'r' | 'r+'): number | undefined {
  try {
    return openSync(ledger, flags);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Byte offset behind the last newline: where whole lines end. */
function endOfLines(fd: number): number {
  let position = fstatSync(fd).size;
  const buffer = Buffer.alloc(CHUNK);
  while (position > 0) {
    const start = Math.max(0, position - CHUNK);
    const count = readSync(fd, buffer, 0, position - start, start);
    const found = buffer.subarray(0, count).lastIndexOf(NEWLINE);
    if (found >= 0) return start + found + 1;
    position = start;
  }
  return 0;
}

/** Byte offset at which the next line of a ledger will start; 0 when there is none yet. */
export function ledgerEnd(ledger: string): number {
  const fd = openLedger(ledger, 'r');
  if (fd === undefined) return 0;
  try {
    return endOfLines(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Finds and repairs a last line without its newline. Whole JSON gets its newline;
 * a fragment is cut off and kept in `<ledger>.torn`, since its run's own copy waits in a
 * pending file, and a fragment of someone else's is not ours to throw away.
 * Only under the lock unless `dryRun`.
 * @returns a sentence about what was (or would be) done; undefined when all is well
 */
export function healTail(ledger: string, { dryRun }: { dryRun: boolean }): string | undefined {
  const fd = openLedger(ledger, dryRun ? 'r' : 'r+');
  if (fd === undefined) return undefined;
  try {
    const { size } = fstatSync(fd);
    const end = endOfLines(fd);
    if (end === size) return undefined;
    const fragment = Buffer.alloc(size - end);
    readSync(fd, fragment, 0, fragment.length, end);
    if (isJson(fragment.toString('utf8'))) {
      if (!dryRun) {
        const append = openSync(ledger, 'a');
        try {
          writeFully(append, Buffer.from('\n'));
          fsyncSync(append);
        } finally {
          closeSync(append);
        }
      }
      return `${ledger}: the last line lacked its newline, which was added`;
    }
    if (!dryRun) {
      appendFileSync(`${ledger}.torn`, Buffer.concat([fragment, Buffer.from('\n')]));
      ftruncateSync(fd, end);
      fsyncSync(fd);
    }
    return `${ledger}: a torn last line of ${String(fragment.length)} bytes was moved to ${ledger}.torn`;
  } finally {
    closeSync(fd);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a line of that run stands at or behind `offset`. A ledger shorter than the
 * offset has been replaced since, and is searched from its start.
 */
export function containsRun(ledger: string, runId: string, offset: number): boolean {
  const fd = openLedger(ledger, 'r');
  if (fd === undefined) return false;
  try {
    const needle = Buffer.from(`"run_id":${JSON.stringify(runId)}`);
    const { size } = fstatSync(fd);
    let position = size < offset ? 0 : offset;
    let carry = Buffer.alloc(0);
    const buffer = Buffer.alloc(CHUNK);
    for (;;) {
      const count = readSync(fd, buffer, 0, CHUNK, position);
      if (count === 0) return false;
      position += count;
      const window = Buffer.concat([carry, buffer.subarray(0, count)]);
      if (window.includes(needle)) return true;
      carry = Buffer.from(window.subarray(Math.max(0, window.length - needle.length + 1)));
    }
  } finally {
    closeSync(fd);
  }
}
