import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

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

/** Whether an error of `node:fs` says that a path, or a directory on the way, is not there. */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
