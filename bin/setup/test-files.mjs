import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { tree } from './tree.mjs';
import { SetupError } from './setup-error.mjs';

function* testFilesUnder(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* testFilesUnder(path);
    else if (entry.name.endsWith('.test.ts')) yield path;
  }
}

/**
 * Real-VM tests lie under test/vm/, those of the flake under test/nix/. All others are quick.
 */
const stageOf = (file) =>
  ['vm', 'nix'].find((stage) => file.startsWith(`test${sep}${stage}${sep}`)) ?? 'unit';

/** Those that take minutes go first: a long one at the end would run alone. */
const LONGEST = ['sabotage', 'forms', 'state-cache', 'flaky', 'incremental', 'workers'].map(
  (name) => join('test', 'vm', `${name}.test.ts`),
);

/** @param {string[]} files sorted */
const longestFirst = (files) => [
  ...LONGEST.filter((file) => files.includes(file)),
  ...files.filter((file) => !LONGEST.includes(file)),
];

/**
 * The test files of each stage, relative to the tree.
 * @param {string[]} wanted files or directories to restrict to; empty for all
 * @returns {{ unit: string[], vm: string[], nix: string[] }}
 * @throws {SetupError} exit code 2 when a wanted file is not a test file
 */
export function testFiles(wanted) {
  const all = [...testFilesUnder(join(tree.root, 'test'))]
    .map((file) => relative(tree.root, file))
    .sort();
  const chosen = new Set(wanted.length === 0 ? all : []);
  for (const name of wanted) {
    const path = relative(tree.root, resolve(name));
    const found = all.filter((file) => file === path || file.startsWith(path + sep));
    if (found.length === 0) {
      const reason = existsSync(name) ? 'holds no *.test.ts' : 'does not exist';
      throw new SetupError('TAPBOOT_E_USAGE', `${name} ${reason}`, {
        hint: 'name a file or directory under test/',
        exitCode: 2,
      });
    }
    for (const file of found) chosen.add(file);
  }
  const files = all.filter((file) => chosen.has(file));
  return {
    unit: files.filter((file) => stageOf(file) === 'unit'),
    vm: longestFirst(files.filter((file) => stageOf(file) === 'vm')),
    nix: files.filter((file) => stageOf(file) === 'nix'),
  };
}
