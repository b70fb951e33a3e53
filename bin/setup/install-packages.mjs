import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tree } from './tree.mjs';
import { say, stage } from './progress.mjs';
import { runChild } from './run-child.mjs';
import { SetupError } from './setup-error.mjs';
import { installCommand, isDebianLike, missingOf, packagesFor } from './host-packages.mjs';

const APT_ENVIRONMENT = {
  DEBIAN_FRONTEND: 'noninteractive',
  // A package's own question must not stop us, and no service is to be started or restarted.
  NEEDRESTART_MODE: 'l',
  LC_ALL: 'C.UTF-8',
};
// A second apt at work is waited for, not failed on; configuration files of the host stay.
const APT_OPTIONS = [
  '-o',
  'DPkg::Lock::Timeout=300',
  '-o',
  'Dpkg::Options::=--force-confold',
  '-o',
  'Dpkg::Use-Pty=0',
];

const readOsRelease = () => {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
};

/** True in a development shell of the flake, which brings every tool itself. */
export const inNixShell = (env = process.env) =>
  env.TAPBOOT_NIX_SHELL === '1' || (env.IN_NIX_SHELL ?? '') !== '';

/** The packages that are not there, each with what of it is missing. */
export function lacking(purpose, env = process.env) {
  const inShell = inNixShell(env);
  const options = { path: env.PATH ?? '', commandsOnly: inShell };
  return packagesFor(purpose)
    .filter(({ inNixpkgs }) => !inShell || inNixpkgs !== false)
    .map((entry) => ({ entry, missing: missingOf(entry, options) }))
    .filter(({ missing }) => missing.length > 0);
}

function whyNotInstall(mayInstall) {
  if (inNixShell()) return 'nothing is installed in a Nix shell';
  if (!mayInstall) return '--no-install was given';
  if (!isDebianLike(readOsRelease())) return 'this host is not Debian-like';
  if (process.getuid?.() !== 0) return 'you are not root';
  return undefined;
}

async function apt(args, what, signal) {
  const log = join(tree.state, 'logs', `apt-get-${args[0]}.log`);
  const { status, output } = await runChild('apt-get', [...APT_OPTIONS, '-y', ...args], {
    env: APT_ENVIRONMENT,
    log,
    signal,
    // apt ignores it while dpkg works: packages are not left half installed.
    stopSignal: 'SIGINT',
  });
  signal.throwIfAborted();
  return { ok: status === 0, tail: output.split('\n').slice(-25).join('\n'), log, what };
}

function fail({ what, tail, log }) {
  throw new SetupError('TAPBOOT_E_APT', `${what} failed; its whole output is in ${log}`, {
    output: tail,
    hint: 'check the apt sources and the network, then start again',
  });
}

/**
 * The packages that the host lacks for `purpose`. Installs nothing, and is over at once.
 * @param {'run' | 'test'} purpose
 * @param {{ mayInstall: boolean }} options
 * @returns {Promise<ReturnType<typeof lacking>>} what is to be installed, mostly nothing
 * @throws {SetupError} when something is missing and may not, or cannot, be installed
 */
export async function packagesToInstall(purpose, { mayInstall }) {
  const total = packagesFor(purpose).length;
  const found = lacking(purpose);
  if (found.length === 0) {
    await stage('host packages', () => `all ${String(total)} present`, { quiet: true });
    return found;
  }
  const refusal = whyNotInstall(mayInstall);
  if (refusal === undefined) return found;
  throw new SetupError('TAPBOOT_E_HOST_PACKAGES', `host packages are missing, and ${refusal}`, {
    output: reasons(found).join('\n'),
    hint: inNixShell()
      ? 'enter the flake’s own shell: nix develop'
      : `as root: ${installCommand(names(found))}`,
  });
}

const names = (found) => found.map(({ entry }) => entry.name);
const reasons = (found) =>
  found.map(
    ({ entry, missing }) => `${entry.name}: ${entry.reason} (missing: ${missing.join(', ')})`,
  );

/**
 * Installs what {@link packagesToInstall} has found.
 * @param {'run' | 'test'} purpose
 * @param {ReturnType<typeof lacking>} found
 * @param {AbortSignal} signal ends it; packages that dpkg works on are finished first
 * @param {() => void} onLists told once the package lists are fetched: nobody writes them any more
 * @throws {SetupError} when apt fails, or parts are missing nevertheless
 */
export async function installPackages(purpose, found, signal, onLists) {
  if (found.length === 0) return;
  say(`set-up: installing ${String(found.length)} Debian packages with apt-get:`);
  for (const line of reasons(found)) say(`  ${line}`);
  const install = ['install', '--no-install-recommends', ...names(found)];
  const work = async (note) => {
    // The lists at hand will often do; they are refreshed only when they do not.
    note('apt-get install');
    const first = await apt(install, 'apt-get install', signal);
    if (first.ok) return 'installed';
    note('apt-get update');
    const update = await apt(['update'], 'apt-get update', signal);
    if (!update.ok) fail(update);
    onLists();
    note('apt-get install');
    const second = await apt(install, 'apt-get install', signal);
    if (!second.ok) fail(second);
    return 'installed, after apt-get update';
  };
  await stage('host packages', work, { signal });
  const still = lacking(purpose);
  if (still.length > 0) {
    throw new SetupError(
      'TAPBOOT_E_HOST_PACKAGES',
      'packages are installed, but parts of them are not there',
      {
        output: still
          .map(({ entry, missing }) => `${entry.name}: ${missing.join(', ')}`)
          .join('\n'),
        hint: 'report this: the list in bin/host-packages.json does not fit this system',
      },
    );
  }
}
