// Copies of this tree and of the stand-in for nixpkgs, outside of git: within a work tree nix would
// look at what git knows, and not at what is there.
import { createHash } from 'node:crypto';
import {
  appendFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { provideOnce } from '../helpers/image-info.js';
import { projectRoot } from '../helpers/run-tapboot.js';
import type { SandboxedNix } from './sandboxed-nix.js';

/** What git ignores, or is git's own. */
const NOT_TRACKED = new Set(['.git', '.setup', '.tap', 'dist', 'node_modules', 'result']);

/**
 * Adds a file or directory to a store.
 * @param flags further ones of `nix store add`
 * @returns its store path
 */
export async function addToStore(
  nix: SandboxedNix,
  path: string,
  name: string,
  flags: readonly string[] = [],
): Promise<string> {
  const outcome = await nix.run(['store', 'add', '--name', name, ...flags, path]);
  if (outcome.exitCode !== 0) throw new Error(outcome.stderr);
  return outcome.stdout.trim();
}

/** Adds a directory under the name that nix gives to sources of flakes. */
export const addSource = (nix: SandboxedNix, directory: string): Promise<string> =>
  addToStore(nix, directory, 'source');

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

/** Scenarios of a small tree: they share a machine. */
export const SMALL_TREE_SCENARIOS = ['announces-address', 'configures-network'];

/** What the linters of a small tree read in TypeScript. */
const SMALL_TREE_LINTED = 'driver/quote.ts';

/**
 * Copies this tree with less to do for its checks: two scenarios of one machine, little that the
 * linters look at, and no types to check, which are a stage of `npm test` anyway. The driver that it
 * builds is the whole one.
 */
export async function copySmallTree(directory: string): Promise<void> {
  await copyTree(directory);
  const at = (path: string) => join(directory, path);
  for (const file of await readdir(at('scenarios'))) {
    const name = /^(.*)\.yaml$/.exec(file)?.[1];
    if (name === undefined || SMALL_TREE_SCENARIOS.includes(name)) continue;
    await rm(at(`scenarios/${file}`));
  }

  const change = async (path: string, from: string | RegExp, to: string): Promise<void> => {
    const before = await readFile(at(path), 'utf8');
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${path} has no ${String(from)}`);
    await writeFile(at(path), after);
  };
  const options = '"compilerOptions": {';
  for (const config of ['tsconfig.build.json', 'driver/report/html/client/tsconfig.json']) {
    await change(config, options, `${options}\n    "noCheck": true,`);
  }
  await change('tsconfig.json', /"include": \[.*\]/, `"include": ["${SMALL_TREE_LINTED}"]`);
  // What is unused shows in a whole tree only.
  await change('bin/setup/linters.mjs', /.*name: 'knip'.*\n/, '');
  await rename(at('eslint.config.js'), at('eslint.whole.js'));
  const patterns = ['**/*.ts', 'site/client/*.js', `!${SMALL_TREE_LINTED}`];
  const listed = patterns.map((pattern) => `'${pattern}'`).join(', ');
  await writeFile(
    at('eslint.config.js'),
    `import whole from './eslint.whole.js';\n\nexport default [{ ignores: [${listed}] }, ...whole];\n`,
  );
  await appendFile(at('.prettierignore'), `${patterns.join('\n')}\n`);
  const only = `module.exports.options.includeOnly = '^${SMALL_TREE_LINTED}$';\n`;
  await appendFile(at('.dependency-cruiser.cjs'), `\n${only}`);
}

/** Copies the stand-in for nixpkgs. It has no image until it is given one. */
export async function standIn(directory: string): Promise<void> {
  await cp(join(projectRoot, 'test/nix/stand-in'), directory, { recursive: true });
}

/**
 * Gives the stand-in the embedded image's ISO: NixOS cannot be built without a binary cache, so the
 * image is the Debian one, in the shape of the Nix one. It goes to the store by its hash, and is not
 * read again by each evaluation.
 *
 * @param directory of the stand-in
 * @returns store path of the ISO
 */
export async function giveImage(nix: SandboxedNix, directory: string): Promise<string> {
  const { artifact } = await provideOnce('debian:iso');
  if (artifact.iso_path === undefined) throw new Error('the embedded ISO has no path');
  const hash = createHash('sha256').update(await readFile(artifact.iso_path));
  await writeFile(join(directory, 'image.sha256'), `sha256-${hash.digest('base64')}`);
  return await addToStore(nix, artifact.iso_path, 'image.iso', ['--mode', 'flat']);
}

/** A directory with links to programs, to be found first on a PATH. */
export async function programs(directory: string, links: Record<string, string>): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, target] of Object.entries(links)) await symlink(target, join(directory, name));
}
