import { chmod, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
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

/**
 * A tree like this one, but with a tiny driver and no tests: what set-up does to it, it does in
 * seconds. Removed when the test ends.
 * @param options.linked node_modules is a link to this tree's, as in a shell of the flake
 */
export async function copyOfTree(
  t: Test,
  files: Record<string, string> = {},
  options: { linked?: boolean } = {},
): Promise<string> {
  const tree = await realpath(await mkdtemp(join(tmpdir(), 'tapboot-tree-')));
  t.teardown(() => rm(tree, { recursive: true, force: true }));
  // mkdtemp makes a private directory; a test that gives up root must get in.
  await chmod(tree, 0o755);
  for (const name of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]) {
    await cp(join(root, name), join(tree, name));
  }
  await cp(join(root, '.npmrc'), join(tree, '.npmrc'));
  await cp(join(root, '.taprc'), join(tree, '.taprc'));
  await cp(join(root, 'bin'), join(tree, 'bin'), { recursive: true });
  if (options.linked !== false)
    await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  const all: Record<string, string> = { 'driver/cli/main.ts': TINY_MAIN, ...files };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(tree, name)), { recursive: true });
    await writeFile(join(tree, name), text);
  }
  return tree;
}
