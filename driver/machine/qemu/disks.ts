import { rm } from 'node:fs/promises';
import { infraError } from '../../errors.js';
import { hostCommand } from '../../host/command.js';
import type { QmpClient } from './qmp.js';

async function qemuImg(args: string[], doing: string): Promise<string> {
  const result = await hostCommand('qemu-img', args);
  if (result.exitCode === 0) return result.stdout;
  const full = result.stderr.includes('No space left on device');
  throw infraError(
    full ? 'TAPBOOT_E_HOST_FULL' : 'TAPBOOT_E_QEMU_IMG',
    `qemu-img failed while ${doing}`,
    {
      expected: 'qemu-img (Debian package qemu-utils), and space for what it writes',
      got: result.missing || result.stderr === '' ? result.ending : result.stderr,
      hint: 'Check free disk space (`df`), and `tapboot doctor` for the tool itself.',
    },
  );
}

/**
 * Makes an empty sparse qcow2 disk.
 * @param bytes virtual size, a multiple of 512
 */
export async function createDisk(path: string, bytes: number): Promise<void> {
  await qemuImg(['create', '-q', '-f', 'qcow2', path, String(bytes)], `creating ${path}`);
}

/** Makes a qcow2 overlay; `backing` is never written to. */
export async function createOverlay(
  path: string,
  backing: string,
  backingFormat: 'qcow2' | 'raw',
): Promise<void> {
  const args = ['create', '-q', '-f', 'qcow2', '-F', backingFormat, '-b', backing, path];
  await qemuImg(args, `creating an overlay of ${backing}`);
}

/** One file of a chain of backing files. */
export interface ChainLink {
  /** Absolute. */
  path: string;
  format: string;
}

/** The files that make up a qcow2 disk, the one on top first; also while a QEMU has it open. */
export async function backingChain(top: string): Promise<ChainLink[]> {
  const args = ['info', '--force-share', '--backing-chain', '--output=json', top];
  const chain = JSON.parse(await qemuImg(args, `reading the chain of ${top}`)) as {
    filename: string;
    format: string;
  }[];
  return chain.map(({ filename, format }) => ({ path: filename, format }));
}

/**
 * Writes another name of its backing file into a qcow2 file; the content stays as it is.
 * @param backing absolute, or relative to the file's own directory
 */
export async function renameBacking(path: string, backing: string, format: string): Promise<void> {
  const args = ['rebase', '-u', '-q', '-f', 'qcow2', '-F', format, '-b', backing, path];
  await qemuImg(args, `renaming the backing file of ${path}`);
}

/** Copies a disk that no QEMU has open into a sparse raw file. */
export async function rawCopyOfOverlay(overlay: string, target: string): Promise<void> {
  await qemuImg(['convert', '-f', 'qcow2', '-O', 'raw', overlay, target], `reading ${overlay}`);
}

/**
 * Copies a disk of a paused machine into a sparse raw file, through a read-only NBD
 * export on a Unix socket. The caller has flushed the guest (`sync`) and stopped it.
 * @param socket path for the export's socket; removed afterwards
 */
export async function rawCopyOfPausedDisk(
  qmp: QmpClient,
  node: string,
  socket: string,
  target: string,
): Promise<void> {
  await qmp.execute('nbd-server-start', { addr: { type: 'unix', data: { path: socket } } });
  try {
    const id = 'inspect';
    await qmp.execute('block-export-add', {
      type: 'nbd',
      id,
      'node-name': node,
      name: 'disk',
      writable: false,
    });
    const source = `nbd+unix:///disk?socket=${socket}`;
    await qemuImg(['convert', '-f', 'raw', '-O', 'raw', source, target], `reading disk ${node}`);
  } finally {
    // A server that goes on makes the next start fail, which says so.
    await qmp.execute('nbd-server-stop').catch(() => undefined);
    await rm(socket, { force: true });
  }
}
