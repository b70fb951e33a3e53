import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Root of this tree. */
export const root = join(import.meta.dirname, '../../..');

/**
 * A module of bin/setup/, which is plain JavaScript: set-up runs before anything is installed.
 * `T` names what the test uses of it.
 */
export async function load<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(join(root, 'bin/setup', file)).href)) as T;
}
