import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path, { basename, dirname, join } from 'node:path';
import { type TapbootError, infraError } from '../errors.js';

/** Writes all of `bytes`; write(2) may stop short. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}

/** Makes a rename or a new name in `directory` survive a power cut. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Replaces a file so that a reader, and a kill at any moment, finds the old or the new
 * text and nothing between: temporary file, fsync, rename, fsync of the directory.
 * Synchronous, because a process about to be killed gets no further turn of its loop.
 * @throws TapbootError `infra` TAPBOOT_E_RECORD_WRITE
 */
export function writeAtomically(file: string, text: string, mode = 0o644): void {
  const temporary = `${file}.tmp-${randomUUID()}`;
  try {
    const fd = openSync(temporary, 'wx', mode);
    try {
      writeFully(fd, Buffer.from(text));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
    syncDirectory(path.dirname(file));
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw recordWriteError(file, cause);
  }
}

/** The text of a file, or undefined when there is none. */
export function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What looking at a path gives; undefined where nothing is there. */
export async function ifPresent<T>(look: Promise<T>): Promise<T | undefined> {
  return await look.catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}

/** True for ENOENT, or a path that leads through something that is no directory. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR');
}

/** True when `error` is a system error of that code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** A file of the record could not be written. */
export function recordWriteError(file: string, cause: unknown): TapbootError {
  return infraError('TAPBOOT_E_RECORD_WRITE', `${file} cannot be written`, {
    cause,
    expected: 'a writable directory with free space',
    got: cause instanceof Error ? cause.message : String(cause),
    hint: 'Free space or fix the rights, or choose another place: --log-root DIR, BOOT_IMAGE_VM_LEDGER_PATH.',
  });
}

/** Writes a file whole or not at all; the directory is made when it is not there. */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryName(dirname(path), basename(path));
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes a directory beside the place that its contents will be renamed to. */
export async function makeTemporaryDirectory(parent: string, name: string): Promise<string> {
  const path = temporaryName(parent, name);
  await mkdir(path, { recursive: true });
  return path;
}

/** A name that nobody else has: `.<name>.<random>.tmp`. */
export function temporaryName(directory: string, name: string): string {
  return join(directory, `.${name}.${randomBytes(6).toString('hex')}.tmp`);
}
