import type { ConsoleRecord } from './console-script.js';

/** What has come, when nothing is missing. */
export interface CompleteOutput {
  stdout: string;
  stderr: string;
  /** Bytes beyond the limit. */
  dropped: { stdout: number; stderr: number };
}

/** A command's outputs, put together from records that may come in several rounds. */
export class CommandOutput {
  readonly #lines = { o: new Map<number, string>(), e: new Map<number, string>() };
  readonly #limit: number;
  #end: { status: number; sizes: { o: number; e: number } } | undefined;

  /** @param limit bytes of each stream that the guest sends */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add({ kind, fields }: ConsoleRecord): void {
    if (kind === 'x') {
      const [status, out, err] = fields.map(Number);
      if (status !== undefined && out !== undefined && err !== undefined) {
        this.#end = { status, sizes: { o: out, e: err } };
      }
    } else if (kind === 'o' || kind === 'e') {
      this.#lines[kind].set(Number(fields[0]), fields[1] ?? '');
    }
  }

  /** Exit status; undefined as long as no record has said it. */
  get status(): number | undefined {
    return this.#end?.status;
  }

  /** @returns undefined while something is missing */
  get result(): CompleteOutput | undefined {
    const stdout = this.#bytes('o');
    const stderr = this.#bytes('e');
    if (this.#end === undefined || stdout === undefined || stderr === undefined) return undefined;
    const { sizes } = this.#end;
    return {
      stdout: stdout.toString('utf8'),
      stderr: stderr.toString('utf8'),
      dropped: { stdout: sizes.o - stdout.length, stderr: sizes.e - stderr.length },
    };
  }

  #bytes(stream: 'o' | 'e'): Buffer | undefined {
    const lines = this.#lines[stream];
    let text = '';
    for (let index = 1; index <= lines.size; index++) text += lines.get(index) ?? '';
    const bytes = Buffer.from(text, 'base64');
    return bytes.length === Math.min(this.#limit, this.#end?.sizes[stream] ?? 0)
      ? bytes
      : undefined;
  }
}
