// A current Nix beside the host, for tests on a machine without one: Debian's own packages,
// unpacked into the user's cache, started by a wrapper. Nothing on the host changes.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { runs, unpackDebian } from '../helpers/unpacked-debian.js';
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
  const [executable = ''] = await unpackDebian(directory, {
    suite: SUITE,
    packages: ['nix-bin', 'bash-static'],
    programs: ['usr/bin/nix'],
  });
  return { executable, staticShell: join(directory, 'usr/bin/bash-static') };
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
