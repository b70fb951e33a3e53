// What `npm run lint` and the lint stage of `npm test` run.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { localBin, tree } from './tree.mjs';

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.setup', '.tap', 'notes']);

function* filesUnder(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else if (entry.isFile()) yield path;
  }
}

/** Shell files by extension or by their first line; relative to the tree. */
export function shellFiles() {
  const found = [];
  for (const file of filesUnder(tree.root)) {
    const name = relative(tree.root, file);
    if (/\.(sh|bash)$/.test(name)) found.push(name);
    else if (!/\.[a-z0-9]+$/i.test(name) || name.startsWith('.ci/')) {
      const head = readFileSync(file).subarray(0, 64).toString('latin1');
      if (
        /^#!\s*\/\S*?(\/env )?(ba|da)?sh\b/.test(head) ||
        /^#!\/usr\/bin\/env (ba)?sh/.test(head)
      ) {
        found.push(name);
      }
    }
  }
  return found.sort();
}

/** Each linter as a program and its arguments; all run from the tree's root. */
export function linters() {
  return [
    { name: 'prettier', file: localBin('prettier'), args: ['--check', '--log-level=warn', '.'] },
    {
      name: 'dependency-cruiser',
      file: localBin('depcruise'),
      args: ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'driver'],
    },
    { name: 'shellcheck', file: 'shellcheck', args: ['--external-sources', ...shellFiles()] },
    { name: 'eslint', file: localBin('eslint'), args: ['--max-warnings=0', '.'] },
  ];
}
