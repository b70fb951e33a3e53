import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { infraError } from '../errors.js';

/**
 * tapboot's own root directory: the nearest one above this file that holds package.json and
 * `image/`. The same from driver/ (sources) and from dist/driver/ (built).
 */
export function findProjectRoot(from: string = fileURLToPath(import.meta.url)): string {
  for (let at = dirname(from); ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json')) && existsSync(join(at, 'image'))) return at;
    if (at === dirname(at)) {
      throw infraError('TAPBOOT_E_INSTALLATION', `no tapboot installation above ${from}`, {
        expected: 'a directory with package.json and image/',
        hint: 'Install tapboot again: a part of it is missing.',
      });
    }
  }
}

/** Version in package.json. */
export function projectVersion(root: string): string {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
