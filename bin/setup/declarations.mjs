// The declarations of what users import: written by tsc, less those that no user can reach.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runChild } from './run-child.mjs';
import { localBin, tree } from './tree.mjs';

/** The declarations that these refer to, and they themselves. */
function reached(files) {
  const all = new Set(files);
  for (const file of all) {
    const text = readFileSync(file, 'utf8');
    for (const [, path] of text.matchAll(/(?:from|import\(?)\s*['"](\.[^'"]+)\.js['"]/g)) {
      all.add(join(dirname(file), `${path}.d.ts`));
    }
  }
  return all;
}

/**
 * Writes them into dist.
 * @param more arguments for tsc
 * @returns whether the sources compile; else what tsc says is on stderr
 */
export async function writeDeclarations(...more) {
  const { status, output } = await runChild(localBin('tsc'), ['-p', tree.buildConfig, ...more], {
    cwd: tree.root,
  });
  if (status !== 0) {
    process.stderr.write(output);
    return false;
  }
  const driver = join(tree.dist, 'driver');
  const wanted = reached([join(driver, 'index.d.ts'), join(driver, 'shim.d.ts')]);
  for (const name of readdirSync(driver, { recursive: true })) {
    const file = join(driver, name);
    if (file.endsWith('.d.ts') && !wanted.has(file)) rmSync(file);
  }
  return true;
}

if (process.argv[1] === import.meta.filename) {
  if (!(await writeDeclarations(...process.argv.slice(2)))) process.exitCode = 1;
}
