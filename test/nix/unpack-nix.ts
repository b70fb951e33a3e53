// A current Nix beside the host, for tests on a machine without one: Debian's own packages,
// unpacked into the user's cache, started by a wrapper. Nothing on the host changes.
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { exportPlaces, privateNix } from './private-nix.js';

/** The suite whose Nix (2.26) today's nixpkgs accepts; bookworm's 2.8 is too old. */
const SUITE = 'trixie';

/** To be raised when the unpacking itself changes. */
const LAYOUT = 1;

/** A Nix program that can be started. */
export interface UnpackedNix {
  /** The program `nix`. */
  executable: string;
  /** The statically linked bash that comes with it, for a sandbox's `/bin/sh`. */
  staticShell?: string;
}

/**
 * A Nix to test with: unpacked beside the host where the host has apt, else the one on PATH.
 * @throws Error that says what is missing
 */
export async function nixForTests(cacheDirectory: string): Promise<UnpackedNix> {
  if (await runs('apt-get')) return unpackNix(cacheDirectory);
  const { stdout } = await execa('sh', ['-c', 'command -v nix || true']);
  if (stdout.startsWith('/')) return { executable: stdout };
  throw new Error('there is neither apt to unpack a Nix from nor a nix on PATH');
}

/**
 * Unpacks Nix from the mirror that the machine's apt uses, once per user; about ten seconds and
 * 150 MB. Needs `mmdebstrap` and `patchelf`.
 *
 * @param cacheDirectory as `userCacheDirectory` gives it
 * @throws Error that says what is missing; tests let it through, so that it is seen
 */
export async function unpackNix(cacheDirectory: string): Promise<UnpackedNix> {
  const directory = join(cacheDirectory, 'test-nix', `${SUITE}-${LAYOUT}`);
  const nix: UnpackedNix = {
    executable: join(directory, 'usr/bin/nix'),
    staticShell: join(directory, 'usr/bin/bash-static'),
  };
  if (await runs(nix.executable)) return nix;
  await mkdir(dirname(directory), { recursive: true });
  const staging = await mkdtemp(`${directory}.`);
  try {
    const mirror = await debianMirror();
    const what = ['--variant=extract', '--include=nix-bin,bash-static', '--format=directory'];
    await execa('mmdebstrap', ['--quiet', ...what, SUITE, staging, mirror]);
    for (const unneeded of ['doc', 'man', 'info', 'locale', 'perl', 'perl5']) {
      await rm(join(staging, 'usr/share', unneeded), { recursive: true, force: true });
    }
    // The program must start by its own loader and libc, at the place where it will lie; DT_RPATH
    // (unlike RUNPATH) also holds for the libraries' own libraries.
    const libraries = join(directory, 'usr/lib/x86_64-linux-gnu');
    const loader = join(libraries, 'ld-linux-x86-64.so.2');
    const places = ['--force-rpath', '--set-rpath', libraries, '--set-interpreter', loader];
    await execa('patchelf', [...places, join(staging, 'usr/bin/nix')]);
    await chmod(staging, 0o755);
    await rm(directory, { recursive: true, force: true });
    await rename(staging, directory);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  if (await runs(nix.executable)) return nix;
  throw new Error(`the unpacked ${nix.executable} does not run`);
}

/**
 * A Nix with a store, state and settings of its own below a directory: its store paths exist
 * as they are printed, and no other Nix on the machine is touched. No substituter, no registry,
 * no sandbox.
 *
 * @returns path of a program `nix` that works on it
 */
export async function isolatedNix(nix: UnpackedNix, directory: string): Promise<string> {
  const places = await privateNix(directory, ['sandbox = false']);
  const wrapper = join(directory, 'bin/nix');
  const lines = ['#!/bin/sh', ...exportPlaces(places), `exec '${nix.executable}' "$@"`, ''];
  await writeFile(wrapper, lines.join('\n'));
  await chmod(wrapper, 0o755);
  return wrapper;
}

/**
 * The archive that the host's own suite comes from, as apt itself reads its sources; package
 * lists need not be there.
 */
async function debianMirror(): Promise<string> {
  const release = await execa('sh', ['-c', '. /etc/os-release && echo "$VERSION_CODENAME"']);
  const { stdout } = await execa('apt-get', ['update', '--print-uris']);
  const end = `/dists/${release.stdout}/InRelease'`;
  const line = stdout.split('\n').find((uri) => uri.startsWith("'") && uri.includes(end));
  if (line !== undefined) return line.slice(1, line.indexOf(end));
  throw new Error(`apt has no source for “${release.stdout}” to take nix-bin from`);
}

async function runs(executable: string): Promise<boolean> {
  try {
    await execa(executable, ['--version']);
    return true;
  } catch {
    return false;
  }
}
