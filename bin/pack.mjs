// Before npm pack: dist/ anew, with nothing of older builds in it, and the declarations of what
// users import.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from './setup/bundle.mjs';
import { prepare } from './setup/prepare.mjs';
import { runChild } from './setup/run-child.mjs';
import { localBin, tree } from './setup/tree.mjs';

await prepare('run', { mayInstall: true });
rmSync(tree.dist, { recursive: true, force: true });
await bundle();
const { status, output } = await runChild(localBin('tsc'), ['-p', tree.buildConfig], {
  cwd: tree.root,
});
if (status !== 0) {
  process.stderr.write(output);
  process.exitCode = 1;
}

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

const driver = join(tree.dist, 'driver');
const wanted = reached([join(driver, 'index.d.ts'), join(driver, 'shim.d.ts')]);
for (const name of readdirSync(driver, { recursive: true })) {
  const file = join(driver, name);
  if (file.endsWith('.d.ts') && !wanted.has(file)) rmSync(file);
}
