import { existsSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `npm test` saves the machines of test/machines/, once in a run. */
export const sharedStates = fileURLToPath(new URL('../../.setup/test-states', import.meta.url));

/**
 * Gives a store of its own the entries of the shared one: by links, so that removing one here
 * leaves it there. A test that damages an entry first makes a copy of it.
 */
export function linkSharedStates(directory: string): void {
  if (!existsSync(sharedStates)) return;
  for (const key of readdirSync(sharedStates).filter((name) => /^[0-9a-f]{32}$/.test(name))) {
    mkdirSync(join(directory, key), { recursive: true, mode: 0o700 });
    for (const file of readdirSync(join(sharedStates, key))) {
      linkSync(join(sharedStates, key, file), join(directory, key, file));
    }
  }
}
