import { chmod, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { root } from './load.js';

/** What a program did. */
export interface Outcome {
  exitCode?: number;
  stdout: string;
  stderr: string;
}

/** A command line that shows what it was called with. */
export const TINY_MAIN = `import { writeSync } from 'node:fs';
export async function main(argv: readonly string[]): Promise<void> {
  writeSync(1, JSON.stringify(argv) + '\\n');
}
`;

/** Files that every tree has, beside bin/ and driver/. */
const SHARED = [
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', '.npmrc'],
];

/** dist/ of the tiny driver, built once per test file: building is what takes the time. */
let tinyBuild: Promise<string> | undefined;

async function buildTiny(): Promise<string> {
  const tree = await emptyTree(t);
  await fill(tree, {}, true);
  await execa(join(tree, 'bin/tapboot'), []);
  return join(tree, 'dist');
}

async function emptyTree(owner: Test): Promise<string> {
  const tree = await realpath(await mkdtemp(join(tmpdir(), 'tapboot-tree-')));
  owner.teardown(() => rm(tree, { recursive: true, force: true }));
  // mkdtemp makes a private directory; a test that gives up root must get in.
  await chmod(tree, 0o755);
  return tree;
}

async function fill(tree: string, files: Record<string, string>, linked: boolean): Promise<void> {
  for (const name of SHARED) await cp(join(root, name), join(tree, name));
  await cp(join(root, 'bin'), join(tree, 'bin'), { recursive: true });
  if (linked) await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  for (const [name, text] of Object.entries({ 'driver/cli/main.ts': TINY_MAIN, ...files })) {
    await mkdir(dirname(join(tree, name)), { recursive: true });
    await writeFile(join(tree, name), text);
  }
}

/**
 * A tree like this one, but with a tiny driver and no tests: what set-up does to it, it does in
 * seconds. Removed when the test ends.
 * @param files further files, or others in place of the tiny driver's
 * @param options.linked node_modules is a link to this tree's, as in a shell of the flake
 * @param options.built dist/ is there and current
 */
export async function copyOfTree(
  owner: Test,
  files: Record<string, string> = {},
  options: { linked?: boolean; built?: boolean } = {},
): Promise<string> {
  const tree = await emptyTree(owner);
  await fill(tree, files, options.linked !== false);
  if (options.built === true) {
    tinyBuild ??= buildTiny();
    await cp(await tinyBuild, join(tree, 'dist'), { recursive: true });
  }
  return tree;
}
