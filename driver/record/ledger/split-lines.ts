import { createReadStream } from 'node:fs';
import { isMissing } from '../../host/atomic-file.js';

/** A line longer than this is reported by its length alone; real ones have a few KiB. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** One line without its newline; `text` is undefined when it was too long to keep. */
export interface RawLine {
  /** Counts from 1. */
  number: number;
  text: string | undefined;
  bytes: number;
}

/**
 * Lines of a file, one at a time, split at `\n` alone (Node's readline also splits at
 * U+2028, which JSON leaves as it is). Holds one chunk and one line. No file, no lines.
 */
export async function* readLines(file: string): AsyncGenerator<RawLine> {
  let number = 0;
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > MAX_LINE_BYTES) parts = [];
    else if (chunk.length > 0) parts.push(chunk);
  };
  const finish = (): RawLine => {
    const text = bytes > MAX_LINE_BYTES ? undefined : Buffer.concat(parts).toString('utf8');
    const line = { number: ++number, text, bytes };
    parts = [];
    bytes = 0;
    return line;
  };
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      const buffer = chunk as Buffer;
      let start = 0;
      for (let end = buffer.indexOf(0x0a); end >= 0; end = buffer.indexOf(0x0a, start)) {
        take(buffer.subarray(start, end));
        yield finish();
        start = end + 1;
      }
      // A copy: a slice would keep the whole chunk alive.
      take(Buffer.from(buffer.subarray(start)));
    }
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  if (bytes > 0) yield finish();
}
