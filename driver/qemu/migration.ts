import { createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { infraError, TapbootError } from '../errors.js';
import type { QmpClient } from './qmp.js';
import { listenOnce } from './socket.js';

/** Bytes a second; the default (128 MiB/s) would be the bottleneck of a save. */
const UNLIMITED = 1_099_511_627_776;

const FINAL = new Set(['completed', 'failed', 'cancelled']);

async function migrationEnd(qmp: QmpClient, signal?: AbortSignal): Promise<string> {
  const event = await qmp.nextEvent(
    'MIGRATION',
    ({ data }) => FINAL.has(String(data['status'])),
    signal,
  );
  return String(event.data['status']);
}

async function failureReason(qmp: QmpClient): Promise<string> {
  const info = (await qmp.execute('query-migrate')) as { 'error-desc'?: string };
  return info['error-desc'] ?? 'QEMU gives no reason';
}

/**
 * Writes the state of a stopped machine (RAM and devices, not disks) to `file`. It goes
 * through a Unix socket that we listen on: QEMU's `exec:` would need to spawn, which
 * its sandbox forbids.
 * @param socket path for that socket
 * @returns bytes written
 * @throws TapbootError `infra` TAPBOOT_E_SAVE with QEMU's reason, e.g. the device that cannot be saved
 */
export async function saveDeviceState(
  qmp: QmpClient,
  file: string,
  socket: string,
): Promise<number> {
  await qmp.execute('migrate-set-capabilities', {
    capabilities: [{ capability: 'events', state: true }],
  });
  await qmp.execute('migrate-set-parameters', { 'max-bandwidth': UNLIMITED });
  await using listening = await listenOnce(socket);
  const ended = migrationEnd(qmp);
  ended.catch(() => undefined);
  try {
    await qmp.execute('migrate', { uri: `unix:${socket}` });
  } catch (error) {
    throw infraError('TAPBOOT_E_SAVE', 'this machine cannot be saved', {
      got: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
  const stream = await listening.connection;
  await pipeline(stream, createWriteStream(file, { mode: 0o600 }));
  const status = await ended;
  if (status !== 'completed') {
    throw infraError('TAPBOOT_E_SAVE', `saving the machine ended in "${status}"`, {
      got: await failureReason(qmp),
    });
  }
  return (await stat(file)).size;
}

/**
 * Makes a QEMU that was started with `-incoming defer` take the state that waits on its
 * descriptor `fd`. The machine is left stopped.
 * @throws TapbootError `infra` TAPBOOT_E_RESTORE with QEMU's reason
 */
export async function loadDeviceState(qmp: QmpClient, fd: number): Promise<void> {
  await load(qmp, fd).catch(refused);
}

async function load(qmp: QmpClient, fd: number): Promise<void> {
  await qmp.execute('migrate-set-capabilities', {
    capabilities: [{ capability: 'events', state: true }],
  });
  const ended = migrationEnd(qmp);
  ended.catch(() => undefined);
  await qmp.execute('migrate-incoming', { uri: `fd:${String(fd)}` });
  const status = await ended;
  if (status !== 'completed') {
    throw infraError('TAPBOOT_E_RESTORE', `restoring the machine ended in "${status}"`, {
      got: await failureReason(qmp),
      hint: 'Run again with --fresh to boot instead.',
    });
  }
}

/** QEMU 7.2 ends, soon after it has said `failed`, when it cannot make sense of a state. */
function refused(error: unknown): never {
  if (!(error instanceof TapbootError) || error.code !== 'TAPBOOT_E_QMP_CLOSED') throw error;
  throw infraError('TAPBOOT_E_RESTORE', 'QEMU ended while it restored the machine', {
    got: 'it could not load the state; its own message is in harness.log',
    hint: 'Run again with --fresh to boot instead.',
    cause: error,
  });
}

/** Opens a saved state for reading, as the descriptor that QEMU inherits. */
export async function openState(file: string): Promise<{ fd: number } & AsyncDisposable> {
  const handle = await open(file, 'r');
  return {
    fd: handle.fd,
    [Symbol.asyncDispose]: async () => {
      await handle.close();
    },
  };
}
