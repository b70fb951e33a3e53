import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Artifact } from '../../events/events.js';

/** Writes the files of one collection, numbered on from those that are there. */
export class EvidenceFiles {
  readonly artifacts: Artifact[] = [];
  readonly #directory: string;
  readonly #reason: string;
  readonly #redact: (text: string) => string;
  #last: number | undefined;

  /** @param reason goes into every label and file name, e.g. `step 3 failed` */
  constructor(directory: string, reason: string, redact: (text: string) => string) {
    this.#directory = directory;
    this.#reason = reason;
    this.#redact = redact;
  }

  #slug(label: string): string {
    return slug(this.#redact(`${label} ${this.#reason}`));
  }

  /** Has `write` make a file of its own, and remembers it once it is there. */
  async keepFile(
    label: string,
    suffix: string,
    write: (file: string) => Promise<void>,
  ): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    this.#last = (this.#last ?? (await lastNumber(this.#directory))) + 1;
    const number = String(this.#last).padStart(2, '0');
    const name = `${this.#slug(label)}-${number}${suffix}`;
    const file = path.join(this.#directory, name);
    await write(file);
    this.artifacts.push({ label: this.#redact(`${label} (${this.#reason})`), path: file });
  }

  /** Writes one file, e.g. `dmesg-post-test-teardown-01.log`, and remembers it. */
  async keep(label: string, content: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    this.#last ??= await lastNumber(this.#directory);
    const full = `${label} (${this.#reason})`;
    for (;;) {
      this.#last += 1;
      const name = `${this.#slug(label)}-${String(this.#last).padStart(2, '0')}.log`;
      const file = path.join(this.#directory, name);
      try {
        await writeFile(file, this.#redact(content), { flag: 'wx' });
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
        throw error;
      }
      this.artifacts.push({ label: this.#redact(full), path: file });
      return;
    }
  }
}

/** Highest number that a file's name ends in; 0 when there is none. */
async function lastNumber(directory: string): Promise<number> {
  const numbers = (await readdir(directory)).map((name) => /-(\d{2,})\.\w+$/.exec(name)?.[1]);
  return Math.max(0, ...numbers.map((number) => Number(number ?? 0)));
}

/** Lower case, runs of anything but letters and digits as one dash, at most 80 characters. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80);
}
