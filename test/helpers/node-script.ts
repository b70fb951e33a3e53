import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Arguments for Node that run a script of the tests in a process of its own: as JavaScript where
 * `npm test` has compiled it, else through tsx.
 * @param source relative to the tree, `test/unit/record/ledger/appender.ts`
 */
export function nodeScript(source: string): string[] {
  const compiled = join(root, '.setup/compiled', source.replace(/\.ts$/, '.js'));
  const current = process.argv[1]?.endsWith('test-group.mjs') === true && existsSync(compiled);
  return current ? [compiled] : ['--import', 'tsx', join(root, source)];
}
