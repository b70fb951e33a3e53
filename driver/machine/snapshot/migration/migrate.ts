import type { QmpClient } from '../../qemu/qmp.js';
import { capabilityOf, RAM_FORMATS, type RamFormat } from './formats.js';
import { awaitedLater } from '../../../host/waiting.js';

const FINAL = new Set(['completed', 'failed', 'cancelled']);

/** Capabilities that every format needs; `events` reports the end. */
const OWN = RAM_FORMATS.map(capabilityOf).filter((capability) => capability !== undefined);

/**
 * Enables what `form` needs of a migration, and disables what other formats need: a machine may be
 * loaded in one format and saved in another. An older QEMU does not know the newer formats,
 * and has nothing to turn off.
 */
export async function prepareMigration(qmp: QmpClient, form: RamFormat): Promise<void> {
  const answer = (await qmp.execute('query-migrate-capabilities')) as {
    capability: string;
    state: boolean;
  }[];
  const wanted = capabilityOf(form);
  const changes = answer
    .filter(({ capability }) => OWN.includes(capability))
    .map(({ capability, state }) => ({ capability, state: capability === wanted, now: state }))
    .filter(({ state, now }) => state !== now)
    .map(({ capability, state }) => ({ capability, state }));
  await qmp.execute('migrate-set-capabilities', {
    capabilities: [{ capability: 'events', state: true }, ...changes],
  });
}

/** Resolves with the status that a migration ends in: `completed`, `failed`, `cancelled`. */
export function migrationEnd(qmp: QmpClient, signal?: AbortSignal): Promise<string> {
  const ended = qmp
    .nextEvent('MIGRATION', ({ data }) => FINAL.has(String(data['status'])), signal)
    .then(({ data }) => String(data['status']));
  // Whoever starts the migration may fail before he waits for its end.
  awaitedLater(ended);
  return ended;
}

/** QEMU's own words for why the last migration failed. */
export async function failureReason(qmp: QmpClient): Promise<string> {
  const info = (await qmp.execute('query-migrate')) as { 'error-desc'?: string };
  return info['error-desc'] ?? 'QEMU gives no reason';
}
