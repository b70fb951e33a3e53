// The tests as JavaScript: a process that runs them need not load a compiler first.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { tree } from './tree.mjs';

/** Mirrors the tree: `test/unit/errors.test.ts` is `test/unit/errors.test.js` in here. */
const compiled = join(tree.state, 'compiled');
const SOURCES = ['driver', 'test', 'site', 'bench'];
/** What every file depends on beside its own text. */
const OURSELVES = fileURLToPath(import.meta.url);

function* typescriptUnder(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* typescriptUnder(path);
    else if (/(?<!\.d)\.ts$/.test(entry.name)) yield path;
  }
}

/** Where the JavaScript of a file of the tree lies. @param {string} file relative to the tree */
export const compiledFile = (file) => join(compiled, file.replace(/\.ts$/, '.js'));

/** A test file's `t` is that of its group: see test-group.mjs. */
const ROOT = pathToFileURL(join(dirname(OURSELVES), 'test-root.mjs')).href;
const ofGroup = (code, file) =>
  code.replace(
    /^(import t from )"tap";$/m,
    (_, head) => `${head}${JSON.stringify(`${ROOT}?${file}`)};`,
  );

async function compile(source, target) {
  const { transform } = await import('esbuild');
  const file = relative(tree.root, source);
  const { code } = await transform(readFileSync(source, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    sourcefile: source,
    sourcemap: 'inline',
    // What lies beside a source is found from there.
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(source).href),
      'import.meta.dirname': JSON.stringify(dirname(source)),
      'import.meta.filename': JSON.stringify(source),
    },
  });
  mkdirSync(dirname(target), { recursive: true });
  await writeFile(target, /\.(?:test|soak)\.ts$/.test(source) ? ofGroup(code, file) : code);
}

const changedAt = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * Compiles what has changed since the last time, without checking types: that is the stage
 * `types`.
 * @returns {Promise<number>} how many files were compiled
 */
export async function compileTests() {
  const sources = SOURCES.map((name) => join(tree.root, name))
    .filter((directory) => existsSync(directory))
    .flatMap((directory) => [...typescriptUnder(directory)]);
  const since = changedAt(OURSELVES);
  const targets = new Map(
    sources.map((source) => [source, compiledFile(relative(tree.root, source))]),
  );
  const wanted = [...targets].filter(([source, target]) => {
    const done = changedAt(target);
    return done < since || done < changedAt(source);
  });
  await Promise.all(wanted.map(([source, target]) => compile(source, target)));
  removeOrphans(new Set(targets.values()));
  return wanted.length;
}

/** The JavaScript of a source that is gone could still be imported. */
function removeOrphans(known) {
  if (!existsSync(compiled)) return;
  for (const entry of readdirSync(compiled, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && !known.has(file)) rmSync(file);
  }
}
