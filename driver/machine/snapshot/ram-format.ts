import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import { asTapbootError, infraError } from '../../errors.js';
import { safeName } from '../../safe-name.js';
import { machineConfig } from '../boot-sequence.js';
import { restoreMachine } from '../create.js';
import { initrdOf } from '../../image/content/joined-initrd.js';
import { RunningMachine } from '../qemu/running-machine.js';
import type { VmHost } from '../vm-host.js';
import { assertOffered } from './migration/demand.js';
import {
  type DirectFormat,
  RAM_FORMATS,
  type RamFormat,
  type SavedRam,
  offeredFormats,
} from './migration/formats.js';
import { loadRam, openRam } from './migration/load.js';
import { bytesOnDisk, saveRam } from './migration/save.js';
import { partsOfSnapshot } from './parts.js';
import type { Snapshot } from './snapshot.js';

/** Restores that make it worth to measure what is fastest, where nobody has measured yet. */
const WORTH_MEASURING = 10;

/** The value of `TAPBOOT_RAM_FORMAT`. */
export type WantedFormat = RamFormat | 'auto';

/**
 * Decides in which RAM format snapshots are saved and kept. With `auto`, that which restores fastest
 * here: it is measured with the first snapshot that is worth it, and remembered for this QEMU, host
 * and size of memory.
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

  /** The RAM format in which a running machine is saved. */
  get direct(): DirectFormat {
    return this.#direct;
  }

  /**
   * Converts a snapshot to its best RAM format, while it may already be in use. Never rejects:
   * failures are reported, and the snapshot keeps its format.
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
      host.log(`snapshot ${state.key} is converted to ${better.form}`);
    } catch (thrown) {
      const { message, details } = asTapbootError(thrown);
      const text = `snapshot ${state.key} stays a ${ram.form}: ${message} (${details.got ?? ''})`;
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
      host.log(`RAM formats: ${told(verdict)}`);
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

  /** The format for further saves: the faster of those that need no conversion. */
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

/** Restores of each format; the fastest counts, since only noise makes one slower. */
const ROUNDS = 2;

/** The measurement, and the snapshot's RAM in every format that was measured. */
export interface Measured {
  verdict: FormatVerdict;
  forms: Map<RamFormat, SavedRam>;
}

/**
 * Converts a snapshot to every RAM format that this QEMU supports, and restores real machines from
 * each until they have proved themselves. The machines are in no record.
 * @param into existing directory for the files
 * @param name unique in the run
 * @throws TapbootError when not even the stream can be restored; an interrupt's reason
 */
export async function measureFormats(
  host: VmHost,
  state: Snapshot & { ram: SavedRam },
  { into, name }: { into: string; name: string },
): Promise<Measured> {
  const quiet = await unrecorded(host, into);
  const forms = new Map<RamFormat, SavedRam>([[state.ram.form, state.ram]]);
  const convert = new Map<RamFormat, number>([[state.ram.form, 0]]);
  const failed: string[] = [];
  for (const form of RAM_FORMATS) {
    if (form === 'stream' || forms.has(form)) continue;
    const started = performance.now();
    try {
      forms.set(form, await convertRam(quiet, state, form, { into, name: `${name}-${form}` }));
      convert.set(form, (performance.now() - started) / 1000);
    } catch (thrown) {
      host.signal?.throwIfAborted();
      const { message, details } = asTapbootError(thrown);
      failed.push(`${message} (${details.got ?? ''})`);
    }
  }
  const restore = new Map<RamFormat, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [form, ram] of forms) {
      const seconds = await restored(quiet, `${name}-${form}-${String(round)}`, { ...state, ram });
      restore.set(form, Math.min(seconds, restore.get(form) ?? seconds));
    }
  }
  await rm(join(into, 'logs'), { recursive: true, force: true });
  const measured = [...forms.keys()].map((form) => [
    form,
    { restore: restore.get(form) ?? 0, convert: convert.get(form) ?? 0 },
  ]);
  return {
    forms,
    verdict: {
      measuredAt: new Date().toISOString(),
      qemu: host.qemu.version,
      failed,
      forms: Object.fromEntries(measured) as FormatVerdict['forms'],
    },
  };
}

async function restored(host: VmHost, name: string, state: Snapshot): Promise<number> {
  const started = performance.now();
  const { parts, guest } = await restoreMachine(host, name, state, true);
  const seconds = (performance.now() - started) / 1000;
  await guest?.close();
  await parts.scope.close();
  await rm(parts.directory, { recursive: true, force: true });
  return seconds;
}

/** The same host, but nothing that happens on it is told to anyone. */
async function unrecorded(host: VmHost, into: string): Promise<VmHost> {
  const { reachable: _reachable, ...rest } = host;
  const diagnostics = join(into, 'logs');
  await mkdir(diagnostics, { recursive: true });
  return {
    ...rest,
    emit: () => undefined,
    facts: () => undefined,
    places: (vm) => ({ serialLog: join(diagnostics, `${safeName(vm)}.log`), diagnostics }),
  };
}

const timings = z.object({
  /** Seconds from QEMU's start to a guest that has proved itself. */
  restore: z.number().nonnegative(),
  /** Seconds that the conversion from a stream took; 0 for the stream itself. */
  convert: z.number().nonnegative(),
});

const verdictSchema = z.object({
  /** ISO 8601. */
  measuredAt: z.iso.datetime(),
  qemu: z.string(),
  /** What was measured, without formats that failed. */
  forms: z.partialRecord(z.enum(RAM_FORMATS), timings),
  /** Why formats that this QEMU supports were not measured: a sentence each. */
  failed: z.array(z.string()),
});

/** The costs of the RAM formats on this host, measured once. */
export type FormatVerdict = z.infer<typeof verdictSchema>;

/** The format that restores fastest; the stream if nothing else was measured. */
export function fastest({ forms }: FormatVerdict): RamFormat {
  const seconds = (form: RamFormat): number => forms[form]?.restore ?? Number.POSITIVE_INFINITY;
  return RAM_FORMATS.reduce((best, form) => (seconds(form) < seconds(best) ? form : best));
}

/**
 * The number of restores after which a conversion to a format has paid off.
 * @returns infinity for a format that restores no faster than the stream
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

/**
 * Converts a snapshot's RAM to another format. A QEMU that never runs its guest loads the snapshot and
 * saves it again; so `shared-ram` has no machine that could go on writing to its file, which is
 * what makes such a file dangerous otherwise.
 * @param into directory for the new files, there already
 * @param name of the scratch machine, unique in the run
 * @throws TapbootError `infra` TAPBOOT_E_RAM_FORM when this QEMU does not support the format, or fails;
 *   nothing is left then
 */
export async function convertRam(
  host: VmHost,
  state: Snapshot & { ram: SavedRam },
  form: Exclude<RamFormat, 'stream'>,
  { into, name }: { into: string; name: string },
): Promise<SavedRam> {
  const file = join(into, `${form}.state`);
  const pages = form === 'shared-ram' ? join(into, 'ram.state') : undefined;
  const parts = await partsOfSnapshot(host, name, state, true);
  try {
    if (pages !== undefined) await makePages(pages, state.machine.memoryBytes);
    const ram = { form, file, pages };
    const machine = machineConfig(
      parts,
      await initrdOf(parts.medium, join(parts.directory, 'initrd')),
    );
    await using source = await openRam(state.ram, host.qemu.major);
    await using running = await RunningMachine.start({
      executable: host.qemu.executable,
      socketDirectory: parts.directory,
      inherit: source.inherit,
      log: (line) => {
        host.log(`${name}: ${line}`);
      },
      config: {
        ...machine,
        incoming: true,
        ram: pages === undefined ? machine.ram : { file: pages, shared: true },
      },
    });
    const { qmp } = running;
    assertOffered(await offeredFormats(qmp), form, host.qemu.version);
    const { signal } = host;
    await loadRam(qmp, state.ram, source.uri, signal);
    const bytes = await saveRam(qmp, {
      form: form === 'shared-ram' ? 'devices' : form,
      file,
      signal,
      socket: join(parts.directory, 'save'),
    });
    return { ...ram, bytes: bytes + (pages === undefined ? 0 : await bytesOnDisk(pages)) };
  } catch (thrown) {
    await Promise.all([file, pages ?? file].map((path) => rm(path, { force: true })));
    const { message, details } = asTapbootError(thrown);
    throw infraError(
      'TAPBOOT_E_RAM_FORM',
      `the snapshot was not converted to the RAM format ${form}`,
      {
        got: details.got === undefined ? message : `${message}: ${details.got}`,
        cause: thrown,
      },
    );
  } finally {
    await rm(parts.directory, { recursive: true, force: true });
  }
}

/** As long as the machine's memory, with nothing in it; private, since RAM holds keys. */
async function makePages(path: string, bytes: number): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.truncate(Math.ceil(bytes / (1024 * 1024)) * 1024 * 1024);
  } finally {
    await handle.close();
  }
}
