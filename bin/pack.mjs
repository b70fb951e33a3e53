// Before npm pack: dist/ anew, with nothing of older builds in it, and its declarations.
import { rmSync } from 'node:fs';
import { bundle } from './setup/bundle.mjs';
import { ensureNodePackages } from './setup/node-packages.mjs';
import { prepare } from './setup/prepare.mjs';
import { runChild } from './setup/run-child.mjs';
import { localBin, tree } from './setup/tree.mjs';

await prepare('run', { mayInstall: true });
await ensureNodePackages('test');
rmSync(tree.dist, { recursive: true, force: true });
await bundle();
const { status, output } = await runChild(localBin('tsc'), ['-p', tree.buildConfig], {
  cwd: tree.root,
});
if (status !== 0) {
  process.stderr.write(output);
  process.exitCode = 1;
}
