import { open } from 'node:fs/promises';
import { infraError, TapbootError } from '../../../errors.js';
import type { QmpClient } from '../../qemu/qmp.js';
import type { SavedRam } from './formats.js';
import { failureReason, migrationEnd, prepareMigration } from './migrate.js';

/** The first version that loads a migration from a named file (`file:`, QEMU 8.2). */
const NAMED_FILES = 9;

/** A saved machine's RAM, as the QEMU that is to load it gets at it. */
export interface RamSource extends AsyncDisposable {
  /** Descriptors to be inherited; QEMU has them as 3, 4, …. */
  inherit: number[];
  /** For `migrate-incoming`. */
  uri: string;
}

/**
 * Opens a saved machine's RAM. QEMU 9 and later are given its name; they call descriptors of
 * files deprecated. Older ones inherit a descriptor.
 * @param major of the QEMU that will load it
 */
export async function openRam({ file }: SavedRam, major: number): Promise<RamSource> {
  if (major >= NAMED_FILES) {
    const nothing = (): Promise<void> => Promise.resolve();
    return { inherit: [], uri: `file:${file}`, [Symbol.asyncDispose]: nothing };
  }
  const handle = await open(file, 'r');
  return {
    inherit: [handle.fd],
    uri: 'fd:3',
    [Symbol.asyncDispose]: async () => {
      await handle.close();
    },
  };
}

/**
 * Makes a QEMU that was started with `-incoming defer` take a saved machine's RAM and devices.
 * It is left stopped.
 * @param uri as {@link openRam} has it
 * @throws TapbootError `infra` TAPBOOT_E_RESTORE with QEMU's reason
 */
export async function loadRam(
  qmp: QmpClient,
  { form }: Pick<SavedRam, 'form'>,
  uri: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await prepareMigration(qmp, form);
    const ended = migrationEnd(qmp, signal);
    await qmp.execute('migrate-incoming', { uri });
    const status = await ended;
    if (status === 'completed') return;
    throw infraError('TAPBOOT_E_RESTORE', `restoring the machine ended in "${status}"`, {
      got: await failureReason(qmp),
      hint: 'Run again with --fresh to boot instead.',
      snapshot: 'unusable',
    });
  } catch (error) {
    throw refused(error);
  }
}

/** QEMU 7.2 ends, soon after it has said `failed`, when it cannot make sense of a snapshot. */
function refused(error: unknown): unknown {
  if (!(error instanceof TapbootError) || error.code !== 'TAPBOOT_E_QMP_CLOSED') return error;
  return infraError('TAPBOOT_E_RESTORE', 'QEMU ended while it restored the machine', {
    got: 'it could not load the snapshot; its message is in harness.log',
    hint: 'Run again with --fresh to boot instead.',
    snapshot: 'unusable',
    cause: error,
  });
}
