import type { CommandRecord } from '../../events/events.js';
import type { ReportCommand } from './report-data.js';

/** Characters of one stream of one command that the page holds; the events hold all. */
const STREAM_LIMIT = 48 * 1024;
/** Characters of output in the whole page: above it a browser takes seconds to begin. */
const PAGE_LIMIT = 24 * 1024 * 1024;
const SCARCE_LIMIT = 1024;

/** Keeps the outputs of a run within what a page can hold; failed steps come first by far. */
export class OutputBudget {
  #left = PAGE_LIMIT;

  command(record: CommandRecord, failed: boolean): ReportCommand {
    const limit = failed || this.#left > 0 ? STREAM_LIMIT : SCARCE_LIMIT;
    const stdout = shorten(record.stdout, limit);
    const stderr = shorten(record.stderr, limit);
    this.#left -= stdout.text.length + stderr.text.length;
    return {
      ...record,
      stdout: stdout.text,
      stderr: stderr.text,
      omitted: { stdout: stdout.omitted, stderr: stderr.omitted },
    };
  }
}

/** Head and tail of a long text, cut at lines where that costs little. */
export function shorten(text: string, limit: number): { text: string; omitted: number } {
  if (text.length <= limit) return { text, omitted: 0 };
  const head = cutBack(text.slice(0, Math.floor(limit / 4)));
  const tail = cutForward(text.slice(text.length - Math.floor((limit * 3) / 4)));
  const omitted = text.length - head.length - tail.length;
  return { text: `${head}\n… ${String(omitted)} characters left out …\n${tail}`, omitted };
}

function cutBack(text: string): string {
  const at = text.lastIndexOf('\n');
  return at > text.length / 2 ? text.slice(0, at) : text;
}

function cutForward(text: string): string {
  const at = text.indexOf('\n');
  return at >= 0 && at < text.length / 2 ? text.slice(at + 1) : text;
}
