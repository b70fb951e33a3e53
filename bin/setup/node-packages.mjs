// node_modules: present and as the lock file says, or made so.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { tree } from './tree.mjs';
import { stage } from './progress.mjs';
import { runChild } from './run-child.mjs';
import { runPackages } from './run-packages.mjs';
import { SetupError } from './setup-error.mjs';

/** Digest of the lock file; behind it `run` where only the packages of a run are there. */
const stampFile = join(tree.nodeModules, '.tapboot-setup');
/** Where the packages of a run are installed, before they become node_modules. */
const workplace = join(tree.state, 'run-packages');
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

const stampOf = (purpose) => {
  const locked = digest(readFileSync(tree.lockFile, 'utf8'));
  return purpose === 'run' ? `${locked} run` : locked;
};
const stamp = () => read(stampFile)?.trim();

/**
 * Whether node_modules has, as locked, what `purpose` needs.
 * @param {'run' | 'test'} purpose `test`: all packages
 */
export function nodePackagesCurrent(purpose) {
  if (isLinked()) return existsSync(tree.nodeModules);
  const all = stampOf('test');
  if (stamp() === all || (purpose === 'run' && stamp() === stampOf('run'))) return true;
  const lock = JSON.parse(readFileSync(tree.lockFile, 'utf8'));
  const installed = read(join(tree.nodeModules, '.package-lock.json'));
  if (installed === undefined || !sameAsLock(lock, JSON.parse(installed))) return false;
  writeFileSync(stampFile, `${all}\n`);
  return true;
}

/** `npm ci` in `directory`. Install scripts are not run: see {@link ensureNodePackages}. */
async function npmCi(directory, signal) {
  // The project's .npmrc silences npm; what goes wrong here must be seen.
  const args = ['ci', '--loglevel=error', '--ignore-scripts', '--include=dev', '--prefer-offline'];
  const log = join(tree.state, 'logs', 'npm-ci.log');
  const { status, output } = await runChild('npm', args, { cwd: directory, log, signal });
  signal?.throwIfAborted();
  if (status === 0) return;
  throw new SetupError('TAPBOOT_E_NPM_CI', `npm ci failed with status ${String(status)}`, {
    output,
    hint: 'check that the npm registry can be reached (npm ping), then start again',
  });
}

/** Installs beside node_modules, which then comes by one rename, with its stamp in it. */
async function installForRun(signal) {
  rmSync(workplace, { recursive: true, force: true });
  mkdirSync(workplace, { recursive: true });
  const { manifest, lock } = runPackages();
  writeFileSync(join(workplace, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(workplace, 'package-lock.json'), JSON.stringify(lock));
  copyFileSync(join(tree.root, '.npmrc'), join(workplace, '.npmrc'));
  await npmCi(workplace, signal);
  const installed = join(workplace, 'node_modules');
  writeFileSync(join(installed, basename(stampFile)), `${stampOf('run')}\n`);
  rmSync(tree.nodeModules, { recursive: true, force: true });
  renameSync(installed, tree.nodeModules);
  rmSync(workplace, { recursive: true, force: true });
}

/** All packages, where npm puts them. */
async function installAll(signal) {
  await npmCi(tree.root, signal);
  writeFileSync(stampFile, `${stampOf('test')}\n`);
}

/**
 * Runs `npm ci` unless node_modules has what the lock file says. Install scripts are not run:
 * no package here needs its own, and ssh2's would look for a compiler and the network.
 *
 * A clone that only runs gets a tenth of the packages, in a fifth of the time. Where all of them
 * have been, somebody works on tapboot: they are kept up to date, whatever is asked for.
 * @param {'run' | 'test'} purpose `test`: all packages
 * @param {AbortSignal} [signal] ends it
 * @throws {SetupError} when npm fails
 */
export async function ensureNodePackages(purpose, signal) {
  if (nodePackagesCurrent(purpose)) {
    await stage('node packages', () => 'as locked', { quiet: true });
    return;
  }
  const few =
    purpose === 'run' && (!existsSync(tree.nodeModules) || stamp()?.endsWith(' run') === true);
  const work = async (note) => {
    note('npm ci');
    await (few ? installForRun(signal) : installAll(signal));
    return few ? 'those of a run installed by npm ci' : 'installed by npm ci';
  };
  await stage('node packages', work, { signal });
}
