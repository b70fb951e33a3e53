// The Nix that the tests of the flake build with. Its store stays between runs, for what costs the
// most and depends on nothing but package-lock.json: npm's packages. What comes of this tree is built
// anew.
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import type { Test } from 'tap';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import { withLock } from '../../driver/host/lock.js';
import { projectRoot } from '../helpers/run-tapboot.js';
import { addToStore } from './flake-tree.js';
import { removeStore, SandboxedNix } from './sandboxed-nix.js';
import { nixForTests, type UnpackedNix } from './unpack-nix.js';

/** A Nix whose store other test files, and later runs, find again. */
export interface KeptNix {
  nix: SandboxedNix;
  /** Store, state and settings; this test has them to itself. */
  directory: string;
  unpacked: UnpackedNix;
}

/** What the environment of a Nix has to have for npm to fetch as it does on the host. */
export async function npmSettings(): Promise<Record<string, string>> {
  const { stdout } = await execa('npm', ['config', 'get', 'registry'], { cwd: tmpdir() });
  return { npm_config_registry: stdout };
}

/** The Nix to test with, where no earlier test of the same user has put it yet. */
export async function unpackedNix(): Promise<UnpackedNix> {
  return await nixForTests(cache());
}

const cache = (): string => userCacheDirectory({ HOME: homedir(), ...process.env });

/**
 * Opens the kept store, with npm's packages for this tree in it. Until the test ends, no other
 * process has it.
 *
 * @param env further environment of nix
 */
export async function keptNix(t: Test, env: Readonly<Record<string, string>>): Promise<KeptNix> {
  const unpacked = await unpackedNix();
  const directory = join(cache(), 'test-nix/kept');
  await holdLock(t, `${directory}.lock`);
  await madeWith(directory, unpacked);
  // Evaluations and logs of earlier runs are of no use.
  for (const name of ['cache', 'log', 'tmp']) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
  const nix = await SandboxedNix.make(unpacked, {
    directory,
    env: { ...(await npmSettings()), ...env },
  });
  await keepNpm(nix, directory);
  return { nix, directory, unpacked };
}

/** Removes all that is not kept, and with it what earlier runs have built. */
export async function forgetBuilds({ nix }: KeptNix): Promise<void> {
  await succeed(nix, ['store', 'gc']);
}

/**
 * Keeps a store path, instead of what was kept under the name before.
 * @param directory of the kept store
 */
export async function keep(directory: string, name: string, path: string): Promise<void> {
  const roots = join(directory, 'var/gcroots');
  await mkdir(roots, { recursive: true });
  await symlink(path, join(roots, `.${name}`));
  await rename(join(roots, `.${name}`), join(roots, name));
}

/** Runs a command that has to succeed. */
async function succeed(nix: SandboxedNix, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await nix.run(args);
  if (exitCode !== 0) throw new Error(stderr.split('\n').slice(-60).join('\n'));
  return stdout.trim();
}

/** Recipes of npm's packages for a tree, from the stand-in for nixpkgs. */
export const npmRecipes = (tree: string): string => `
  let
    lib = import ${projectRoot}/test/nix/stand-in/lib.nix;
    pkgs = import ${projectRoot}/test/nix/stand-in/packages.nix { inherit lib; platform = "x86_64-linux"; };
  in
  import ${tree}/nix/npm { inherit pkgs; }`;

/**
 * npm's packages: the tarballs from npm's own cache as far as it has them, given to the store by
 * their hash, so that nothing is fetched that the host has; the rest is a build like any other.
 */
async function keepNpm(nix: SandboxedNix, directory: string): Promise<void> {
  const pin = await readFile(join(projectRoot, 'nix/npm/tarballs.json'), 'utf8');
  const noted = join(directory, 'tarballs.json');
  if ((await readFile(noted, 'utf8').catch(() => '')) !== pin) {
    const scratch = await mkdtemp(join(tmpdir(), 'tapboot-tarballs-'));
    try {
      const npmCache = await execa('npm', ['config', 'get', 'cache'], { cwd: tmpdir() });
      const script = join(projectRoot, 'nix/npm/fetch.mjs');
      const lock = join(projectRoot, 'package-lock.json');
      const tarballs = join(scratch, 'tarballs');
      await execa('node', [script, lock, tarballs, npmCache.stdout], { cwd: scratch });
      const path = await addToStore(nix, tarballs, 'tapboot-npm-tarballs');
      await keep(directory, 'tarballs', path);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  const recipes = ['--impure', '--expr', npmRecipes(projectRoot), 'nodeModules', 'runtimeModules'];
  const paths = await succeed(nix, ['build', '--no-link', '--print-out-paths', ...recipes]);
  for (const path of paths.split('\n')) {
    // A store path is named HASH-NAME.
    await keep(directory, basename(path).replace(/^[^-]*-/, ''), path);
  }
  await writeFile(noted, pin);
}

/**
 * The stand-in's packages are links to the host's programs, whose versions no hash of Nix has. What
 * another node or another Nix has made is not taken.
 */
async function madeWith(directory: string, unpacked: UnpackedNix): Promise<void> {
  const versions = await Promise.all(
    [unpacked.executable, 'node', 'npm', 'bash'].map((program) => execa(program, ['--version'])),
  );
  const text = versions.map(({ stdout }) => `${stdout}\n`).join('');
  const file = join(directory, 'made-with');
  if ((await readFile(file, 'utf8').catch(() => '')) === text) return;
  await removeStore(directory);
  await mkdir(directory, { recursive: true });
  await writeFile(file, text);
}

/** Takes a lock until the test has ended. */
async function holdLock(t: Test, file: string): Promise<void> {
  let release = (): void => undefined;
  await new Promise<void>((resolve, reject) => {
    const held = withLock(
      file,
      async () => {
        await new Promise<void>((end) => {
          release = end;
          resolve();
        });
      },
      { onWait: () => t.comment(`another run has ${file}: waiting`) },
    );
    held.catch(reject);
    t.teardown(async () => {
      release();
      await held;
    });
  });
}
