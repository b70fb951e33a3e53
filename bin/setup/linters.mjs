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

/** Which shell a file's first line names; undefined when it names none. */
function shebangShell(file) {
  const head = readFileSync(file).subarray(0, 64).toString('latin1');
  return /^#!\s*\/(?:usr\/)?bin\/(?:env )?((?:ba|da)?sh)\b/.exec(head)?.[1];
}

/**
 * Shell files, relative to the tree: `scripts` name their shell in the first line; `fragments`
 * (`*.sh` without such a line) are read by other scripts.
 */
export function shellFiles() {
  const scripts = [];
  const fragments = [];
  for (const file of filesUnder(tree.root)) {
    const name = relative(tree.root, file);
    const bySuffix = /\.(sh|bash)$/.test(name);
    if (!bySuffix && /\.[a-z0-9]+$/i.test(name)) continue;
    if (shebangShell(file) !== undefined) scripts.push(name);
    else if (bySuffix) fragments.push(name);
  }
  return { scripts: scripts.sort(), fragments: fragments.sort() };
}

/** Each linter as a program and its arguments; all run from the tree's root. */
export function linters() {
  const { scripts, fragments } = shellFiles();
  // SC1091: what scripts read in a guest is not on this host.
  const shellcheck = ['--external-sources', '--exclude=SC1091'];
  const cache = join(tree.state, 'eslint-cache');
  const eslintArgs = ['--cache', '--cache-strategy=content', `--cache-location=${cache}`];
  // What is formatted depends on nothing but its own text.
  const formatted = join(tree.state, 'prettier-cache');
  const prettierCache = ['--cache', '--cache-strategy=content', `--cache-location=${formatted}`];
  return [
    {
      name: 'prettier',
      file: localBin('prettier'),
      args: ['--check', '--log-level=warn', ...prettierCache, '.'],
    },
    {
      name: 'dependency-cruiser',
      file: localBin('depcruise'),
      args: ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'driver'],
    },
    {
      name: 'tsc, report page',
      file: localBin('tsc'),
      args: ['--project', 'driver/report/html/client'],
    },
    {
      name: 'generated files',
      file: localBin('tsx'),
      args: [join(tree.root, 'bin/generate.mjs'), '--check'],
    },
    { name: 'knip', file: localBin('knip'), args: ['--no-progress', '--exclude', 'binaries'] },
    { name: 'shellcheck', file: 'shellcheck', args: [...shellcheck, ...scripts] },
    // Fragments are read by bash scripts alone; SC2034: what they set, others use.
    {
      name: 'shellcheck, fragments',
      file: 'shellcheck',
      args: [...shellcheck, '--exclude=SC2034', '--shell=bash', ...fragments],
    },
    { name: 'eslint', file: localBin('eslint'), args: ['--max-warnings=0', ...eslintArgs, '.'] },
  ].filter(({ args }) => args.at(-1) !== '--shell=bash');
}
