import { mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { asTapbootError } from '../../errors.js';
import type { DirectFormat, RamFormat, SavedRam } from './migration/formats.js';
import { convertRam } from './convert-ram.js';
import { breakEven, fastest, FormatVerdicts, type FormatVerdict } from './format-verdict.js';
import { measureFormats } from './measure-formats.js';
import type { Snapshot } from './snapshot.js';
import type { VmHost } from '../vm-host.js';

/** Restores that make it worth to measure what is fastest, where nobody has measured yet. */
const WORTH_MEASURING = 10;

/** What was asked for by `TAPBOOT_RAM_FORMAT`. */
export type WantedFormat = RamFormat | 'auto';

/**
 * Decides in which form RAM is saved and kept. With `auto` by what restores fastest here: it
 * is measured with the first state that is worth it, and remembered for this QEMU, host and
 * size of memory.
 */
export class RamFormats {
  readonly #wanted: WantedFormat;
  readonly #verdicts: FormatVerdicts;
  #direct: DirectFormat = 'stream';
  /** One after the other: two that measure at once measure each other. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param wanted the QEMU at hand has it */
  constructor(wanted: WantedFormat, cacheDirectory: string) {
    this.#wanted = wanted;
    this.#verdicts = new FormatVerdicts(cacheDirectory);
    if (wanted === 'mapped-ram') this.#direct = wanted;
  }

  /** The form in which a running machine is saved. */
  get direct(): DirectFormat {
    return this.#direct;
  }

  /**
   * Brings a state into the form that suits it, while it may already be in use. Never rejects:
   * what goes wrong is said, and the state stays what it is.
   * @param restores expected of it; infinity for one that is kept for later runs
   */
  async suit(host: VmHost, state: Snapshot, restores: number): Promise<void> {
    const work = this.#last.then(() => this.#suit(host, state, restores));
    this.#last = work;
    await work;
  }

  async #suit(host: VmHost, state: Snapshot, restores: number): Promise<void> {
    const { ram } = state;
    if (ram === undefined || interrupted(host)) return;
    try {
      const better = await this.#better(host, { ...state, ram }, restores);
      if (better === undefined || better.form === ram.form) return;
      state.ram = better;
      host.log(`state ${state.key} is ${better.form} now`);
    } catch (thrown) {
      const { message, details } = asTapbootError(thrown);
      const text = `state ${state.key} stays a ${ram.form}: ${message} (${details.got ?? ''})`;
      if (interrupted(host)) host.log(text);
      else host.emit({ type: 'notice', level: 'warning', message: text });
    }
  }

  async #better(
    host: VmHost,
    state: Snapshot & { ram: SavedRam },
    restores: number,
  ): Promise<SavedRam | undefined> {
    const { memoryBytes } = state.machine;
    const known =
      this.#wanted === 'auto' ? await this.#verdicts.read(host, memoryBytes) : undefined;
    if (this.#wanted === 'auto' && known === undefined) {
      if (restores < WORTH_MEASURING) return undefined;
      const place = await placeFor(host);
      const { verdict, forms } = await measureFormats(host, state, place);
      host.log(`forms of RAM: ${told(verdict)}`);
      await this.#verdicts.write(host, memoryBytes, verdict);
      this.#learn(verdict);
      const best = forms.get(fastest(verdict));
      for (const ram of forms.values()) if (ram !== best && ram !== state.ram) await remove(ram);
      return best;
    }
    if (known !== undefined) this.#learn(known);
    const form = known === undefined ? (this.#wanted as RamFormat) : fastest(known);
    if (form === 'stream' || form === state.ram.form) return undefined;
    if (known !== undefined && restores < breakEven(known, form)) return undefined;
    return await convertRam(host, state, form, await placeFor(host));
  }

  /** What machines are saved in from here on: of the forms that need no conversion the faster. */
  #learn({ forms }: FormatVerdict): void {
    const mapped = forms['mapped-ram']?.restore ?? Number.POSITIVE_INFINITY;
    const stream = forms.stream?.restore ?? Number.POSITIVE_INFINITY;
    if (mapped < stream) this.#direct = 'mapped-ram';
  }
}

/** A private directory for the files, and a name for machines that are none of the run's. */
async function placeFor({ workspace }: VmHost): Promise<{ into: string; name: string }> {
  const into = await mkdtemp(join(workspace, 'ram-'));
  return { into, name: `make-${basename(into)}` };
}

async function remove({ file, pages }: SavedRam): Promise<void> {
  await rm(file, { force: true });
  if (pages !== undefined) await rm(pages, { force: true });
}

const interrupted = ({ signal }: VmHost): boolean => signal?.aborted === true;

/** As a line for people. */
const told = (verdict: FormatVerdict): string =>
  [
    ...Object.entries(verdict.forms).map(
      ([form, { restore, convert }]) =>
        `${form} restores in ${restore.toFixed(3)} s` +
        (convert === 0 ? '' : `, made of a stream in ${convert.toFixed(3)} s`),
    ),
    ...verdict.failed,
    `fastest is ${fastest(verdict)}`,
  ].join('; ');
