import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { asTapbootError } from '../../errors.js';
import { RAM_FORMATS, type RamFormat, type SavedRam } from './migration/formats.js';
import { safeName } from '../../safe-name.js';
import { convertRam } from './convert-ram.js';
import { restoreMachine } from '../create.js';
import type { FormatVerdict } from './format-verdict.js';
import type { Snapshot } from './snapshot.js';
import type { VmHost } from '../vm-host.js';

/** Restores of each form; the fastest counts, since nothing but noise makes one slower. */
const ROUNDS = 2;

/** What was measured, and the state's RAM in every form that was made for it. */
export interface Measured {
  verdict: FormatVerdict;
  forms: Map<RamFormat, SavedRam>;
}

/**
 * Brings a state into every form that the QEMU at hand has, and restores real machines from
 * each until they have proved themselves. The machines are in no record.
 * @param into directory for the forms' files, there already
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
