// Copies of this tree and of the stand-in for nixpkgs, outside of git: within a work tree nix would
// look at what git knows, and not at what is there.
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { provideOnce } from '../helpers/image-info.js';
import { projectRoot } from '../helpers/run-tapboot.js';

/** What git ignores, or is git's own. */
const NOT_TRACKED = new Set(['.git', '.setup', '.tap', 'dist', 'node_modules', 'result']);

/** Copies what git would have of this tree. */
export async function copyTree(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of await readdir(projectRoot)) {
    if (NOT_TRACKED.has(name)) continue;
    await cp(join(projectRoot, name), join(directory, name), {
      recursive: true,
      filter: (path) => !/\/notes\/[^/]*vm-run/.test(path) && basename(path) !== 'node_modules',
    });
  }
}

/**
 * The stand-in, with the embedded image's ISO in it: NixOS cannot be built without a binary cache,
 * so the image is the Debian one, in the shape of the Nix one.
 */
export async function standIn(directory: string): Promise<void> {
  await cp(join(projectRoot, 'test/nix/stand-in'), directory, { recursive: true });
  const { artifact } = await provideOnce('debian:iso');
  if (artifact.iso_path === undefined) throw new Error('the embedded ISO has no path');
  await cp(artifact.iso_path, join(directory, 'image.iso'));
}

/** A directory with links to programs, to be found first on a PATH. */
export async function programs(directory: string, links: Record<string, string>): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, target] of Object.entries(links)) await symlink(target, join(directory, name));
}
