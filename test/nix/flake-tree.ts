// Copies of this tree and of the stand-in for nixpkgs, outside of git: within a work tree nix would
// look at what git knows, and not at what is there.
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

/** Scenarios of a small tree: they share a machine. */
export const SMALL_TREE_SCENARIOS = ['announces-address', 'configures-network'];

/** What the linters of a small tree read in TypeScript. */
const SMALL_TREE_LINTED = ['driver/exit-code.ts', 'driver/shell-quote.ts'];

/**
 * Copies this tree with less to do for its checks: two scenarios of one machine, and little
 * TypeScript that the linters look at. The driver that it builds is the whole one.
 */
export async function copySmallTree(directory: string): Promise<void> {
  await copyTree(directory);
  const at = (path: string) => join(directory, path);
  for (const name of await readdir(at('scenarios'))) {
    const stays = SMALL_TREE_SCENARIOS.includes(name.replace('.yaml', ''));
    if (!stays) await rm(at(`scenarios/${name}`), { recursive: true });
  }
  await rename(at('eslint.config.js'), at('eslint.whole.js'));
  const patterns = ['**/*.ts', ...SMALL_TREE_LINTED.map((file) => `!${file}`)];
  const listed = patterns.map((pattern) => `'${pattern}'`).join(', ');
  await writeFile(
    at('eslint.config.js'),
    `import whole from './eslint.whole.js';\n\nexport default [{ ignores: [${listed}] }, ...whole];\n`,
  );
  await appendFile(at('.prettierignore'), `${patterns.join('\n')}\n`);
  const config = await readFile(at('tsconfig.json'), 'utf8');
  const include = `"include": ${JSON.stringify(SMALL_TREE_LINTED).replaceAll(',', ', ')}`;
  await writeFile(at('tsconfig.json'), config.replace(/"include": .*/, include));
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
