// node_modules: present and as the lock file says, or made so.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tree } from './tree.mjs';
import { stage } from './progress.mjs';
import { runChild } from './run-child.mjs';
import { SetupError } from './setup-error.mjs';

const stampFile = join(tree.nodeModules, '.tapboot-setup');
const digest = (text) => createHash('sha256').update(text).digest('hex');
const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

/** A shell of the flake links node_modules from the Nix store; that is never ours to change. */
const isLinked = () =>
  lstatSync(tree.nodeModules, { throwIfNoEntry: false })?.isSymbolicLink() === true;

/**
 * Whether what npm says it installed (`node_modules/.package-lock.json`) is what the lock asks
 * for. Optional packages may be absent: they are for other platforms.
 */
export function sameAsLock(lock, installed) {
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const got = installed.packages?.[path];
    if (got === undefined) {
      if (wanted.optional || wanted.devOptional || wanted.peer) continue;
      return false;
    }
    if (got.version !== wanted.version || got.integrity !== wanted.integrity) return false;
  }
  return Object.keys(installed.packages ?? {}).every((path) => path in lock.packages);
}

export function nodePackagesCurrent() {
  if (isLinked()) return existsSync(tree.nodeModules);
  const lock = readFileSync(tree.lockFile, 'utf8');
  const wanted = digest(lock);
  if (read(stampFile)?.trim() === wanted) return true;
  const installed = read(join(tree.nodeModules, '.package-lock.json'));
  if (installed === undefined || !sameAsLock(JSON.parse(lock), JSON.parse(installed))) return false;
  writeFileSync(stampFile, `${wanted}\n`);
  return true;
}

/**
 * Runs `npm ci` unless node_modules is what the lock file says. Install scripts are not run:
 * no package here needs its own, and ssh2's would look for a compiler and the network.
 * @param {AbortSignal} [signal] ends it
 * @throws {SetupError} when npm fails
 */
export async function ensureNodePackages(signal) {
  if (nodePackagesCurrent()) {
    await stage('node packages', () => 'as locked', { quiet: true });
    return;
  }
  const work = async (note) => {
    note('npm ci');
    const log = join(tree.state, 'logs', 'npm-ci.log');
    // The project's .npmrc silences npm; what goes wrong here must be seen.
    const args = [
      'ci',
      '--loglevel=error',
      '--ignore-scripts',
      '--include=dev',
      '--prefer-offline',
    ];
    const { status, output } = await runChild('npm', args, { cwd: tree.root, log, signal });
    signal?.throwIfAborted();
    if (status !== 0) {
      throw new SetupError('TAPBOOT_E_NPM_CI', `npm ci failed with status ${String(status)}`, {
        output,
        hint: 'check that the npm registry can be reached (npm ping), then start again',
      });
    }
    writeFileSync(stampFile, `${digest(readFileSync(tree.lockFile, 'utf8'))}\n`);
    return 'installed by npm ci';
  };
  await stage('node packages', work, { signal });
}
