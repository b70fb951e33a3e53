import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { RAM_FORMATS, type RamFormat } from './migration/formats.js';
import type { VmHost } from '../vm-host.js';

const timings = z.object({
  /** Seconds from QEMU's start to a guest that has proved itself. */
  restore: z.number().nonnegative(),
  /** Seconds that it took to bring a stream into this form; 0 for the stream itself. */
  convert: z.number().nonnegative(),
});

const verdictSchema = z.object({
  /** ISO 8601. */
  measuredAt: z.iso.datetime(),
  qemu: z.string(),
  /** What was measured; a form that failed is not in it. */
  forms: z.partialRecord(z.enum(RAM_FORMATS), timings),
  /** Why forms that this QEMU has were not measured: a sentence each. */
  failed: z.array(z.string()),
});

/** What the forms of RAM cost on this host, as it was measured once. */
export type FormatVerdict = z.infer<typeof verdictSchema>;

/** The form that restores fastest; the stream where nothing else was measured. */
export function fastest({ forms }: FormatVerdict): RamFormat {
  const seconds = (form: RamFormat): number => forms[form]?.restore ?? Number.POSITIVE_INFINITY;
  return RAM_FORMATS.reduce((best, form) => (seconds(form) < seconds(best) ? form : best));
}

/**
 * After how many restores a form has earned what the conversion to it took.
 * @returns infinity for a form that restores no faster than the stream
 */
export function breakEven({ forms }: FormatVerdict, form: RamFormat): number {
  const stream = forms.stream;
  const other = forms[form];
  if (stream === undefined || other === undefined) return Number.POSITIVE_INFINITY;
  const gain = stream.restore - other.restore;
  return gain <= 0 ? Number.POSITIVE_INFINITY : other.convert / gain;
}

/** What was measured where, told by everything that a measurement depends on. */
export class FormatVerdicts {
  readonly #directory: string;

  constructor(cacheDirectory: string) {
    this.#directory = join(cacheDirectory, 'ram-forms');
  }

  /** @param memoryBytes of the machine that was measured */
  async read(host: VmHost, memoryBytes: number): Promise<FormatVerdict | undefined> {
    const text = await readFile(this.#file(host, memoryBytes), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      return verdictSchema.parse(JSON.parse(text));
    } catch {
      // Measured again then.
      return undefined;
    }
  }

  /** @throws what writing throws */
  async write(host: VmHost, memoryBytes: number, verdict: FormatVerdict): Promise<void> {
    const file = this.#file(host, memoryBytes);
    await mkdir(this.#directory, { recursive: true });
    const temporary = `${file}.${String(process.pid)}`;
    await writeFile(temporary, `${JSON.stringify(verdict, null, 2)}\n`);
    await rename(temporary, file);
  }

  #file({ qemu, accelerator }: VmHost, memoryBytes: number): string {
    const model = cpus()[0]?.model ?? 'unknown CPU';
    const facts = [release(), qemu.version, qemu.executable, accelerator.name, model, memoryBytes];
    const key = createHash('sha256').update(facts.join('\0')).digest('hex').slice(0, 24);
    return join(this.#directory, `${key}.json`);
  }
}
