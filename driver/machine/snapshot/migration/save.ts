import { createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { infraError } from '../../../errors.js';
import { sleep as delay } from '../../../host/timers.js';
import type { QmpClient } from '../../qemu/qmp.js';
import { listenOnce } from '../../qemu/socket.js';
import type { DirectFormat } from './formats.js';
import { failureReason, migrationEnd, prepareMigration } from './migrate.js';

/** Bytes a second; the default (128 MiB/s) would be the bottleneck of a save. */
const UNLIMITED = 1_099_511_627_776;

/** Where and how RAM and devices are written. */
export interface SaveRequest {
  form: DirectFormat | 'devices';
  file: string;
  /** Path for a Unix socket that a stream comes through. */
  socket: string;
  signal?: AbortSignal;
}

/**
 * Writes RAM and devices (not the disks) of a stopped machine. A stream comes through a Unix
 * socket that we listen on: QEMU's `exec:` would need to spawn, which its sandbox forbids.
 * `mapped-ram` is written by QEMU itself, since its pages go to places of their own. With
 * `devices`, RAM that lies in a shared file is left out (`x-ignore-shared`): it is there.
 * @returns bytes that the file takes on the disk
 * @throws TapbootError `infra` TAPBOOT_E_SAVE with QEMU's reason, e.g. the device that cannot be saved
 */
export async function saveRam(qmp: QmpClient, request: SaveRequest): Promise<number> {
  const { form, file } = request;
  await prepareMigration(qmp, form === 'devices' ? 'shared-ram' : form);
  await qmp.execute('migrate-set-parameters', { 'max-bandwidth': UNLIMITED });
  const ended = migrationEnd(qmp, request.signal);
  if (form === 'mapped-ram') {
    // It holds RAM from its first byte on.
    await (await open(file, 'w', 0o600)).close();
    await start(qmp, `file:${file}`);
  } else {
    await using listening = await listenOnce(request.socket);
    await start(qmp, `unix:${request.socket}`);
    const stream = await listening.connection;
    await pipeline(stream, createWriteStream(file, { mode: 0o600 }));
  }
  const status = await ended;
  if (status !== 'completed') {
    throw infraError('TAPBOOT_E_SAVE', `saving the machine ended in "${status}"`, {
      got: await failureReason(qmp),
    });
  }
  return await bytesOnDisk(file);
}

/** Between two looks at whether QEMU is done with a migration; it is a matter of milliseconds. */
const LOOK_MS = 5;

/**
 * Lets a machine go on after a save. QEMU says `completed` before its run state leaves
 * `finish-migrate`, in which it refuses `cont` ("Migration is not finalized yet"; seen with
 * QEMU 10 on a busy host).
 */
export async function resumeAfterSave(qmp: QmpClient): Promise<void> {
  for (;;) {
    const { status } = (await qmp.execute('query-status')) as { status: string };
    if (status !== 'finish-migrate') break;
    await delay(LOOK_MS);
  }
  await qmp.execute('cont');
}

async function start(qmp: QmpClient, uri: string): Promise<void> {
  try {
    await qmp.execute('migrate', { uri });
  } catch (error) {
    throw infraError('TAPBOOT_E_SAVE', 'this machine cannot be saved', {
      expected: 'only devices that QEMU can migrate',
      hint: 'Scenarios boot such a machine instead; remove `checkpoint:`.',
      got: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
}

/** What a file takes on the disk: a sparse one is longer than that. */
export async function bytesOnDisk(file: string): Promise<number> {
  const { size, blocks } = await stat(file);
  return Math.min(size, blocks * 512);
}
