import { readdirSync } from 'node:fs';
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

/**
 * The test files of each stage, relative to the tree.
 * @param {string[]} wanted files, directories, or parts of names to restrict to; empty for all
 * @returns {{ unit: string[], vm: string[], nix: string[] }}
 * @throws {SetupError} exit code 2 when nothing is meant by one of them
 */
export function testFiles(wanted) {
  const all = [...testFilesUnder(join(tree.root, 'test'))]
    .map((file) => relative(tree.root, file))
    .sort();
  const chosen = new Set(wanted.length === 0 ? all : []);
  for (const name of wanted) {
    const path = relative(tree.root, resolve(name));
    const exact = all.filter((file) => file === path || file.startsWith(path + sep));
    const found = exact.length > 0 ? exact : all.filter((file) => file.includes(name));
    if (found.length === 0) {
      throw new SetupError('TAPBOOT_E_USAGE', `no test file is called like ${name}`, {
        hint: 'name a file or directory under test/, or a part of such a name',
        exitCode: 2,
      });
    }
    for (const file of found) chosen.add(file);
  }
  const files = all.filter((file) => chosen.has(file));
  const of = (stage) => files.filter((file) => stageOf(file) === stage);
  return { unit: of('unit'), vm: of('vm'), nix: of('nix') };
}

/** Files that take longer are run by a process of their own. */
const ALONE_SECONDS = 4;
/** Files of one process: few enough that two cores are kept busy to the end. */
const GROUP = 20;
/** What takes long among the quick ones, for a tree where nothing was run yet. */
const SLOW = /^test\/(?:cli|docs|pack|report|unit\/(?:setup|ledger|image))\//;

/**
 * Quick test files in groups that share a process.
 * @param {string[]} files
 * @param {Record<string, import('./test-times.mjs').Took>} times of earlier runs
 * @returns {string[][]}
 */
export function grouped(files, times) {
  const slow = (file) => (times[file]?.seconds ?? (SLOW.test(file) ? Infinity : 0)) > ALONE_SECONDS;
  const quick = files.filter((file) => !slow(file));
  const groups = [];
  for (let at = 0; at < quick.length; at += GROUP) groups.push(quick.slice(at, at + GROUP));
  return [...files.filter(slow).map((file) => [file]), ...groups];
}
