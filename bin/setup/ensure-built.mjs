import { existsSync } from 'node:fs';
import { buildCurrent, ensureBuild } from './build.mjs';
import { ensureNodePackages } from './node-packages.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { withTreeLock } from './tree-lock.mjs';
import { tree } from './tree.mjs';
import { SetupError } from './setup-error.mjs';

/** Ends the process with the error's message and exit code when it is one of set-up's own. */
export function exitWith(error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`tapboot: ${error.describe()}\n`);
  process.exit(error.exitCode);
}

/**
 * What `bin/tapboot` needs in a checkout: the build, and what the build needs. Installs no host
 * package: a command that misses a tool says so itself.
 */
export async function ensureBuilt() {
  try {
    checkNodeVersion();
    if (existsSync(tree.nodeModules) && buildCurrent()) return;
    await withTreeLock(async () => {
      await ensureNodePackages('run');
      await ensureBuild();
    });
  } catch (error) {
    exitWith(error);
  }
}
