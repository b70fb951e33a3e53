// Before npm pack: dist/ anew, with nothing of older builds in it, and its declarations.
import { rmSync } from 'node:fs';
import { bundle } from './setup/bundle.mjs';
import { writeDeclarations } from './setup/declarations.mjs';
import { ensureNodePackages } from './setup/node-packages.mjs';
import { prepare } from './setup/prepare.mjs';
import { tree } from './setup/tree.mjs';

await prepare('run', { mayInstall: true });
await ensureNodePackages('test');
rmSync(tree.dist, { recursive: true, force: true });
await bundle();
if (!(await writeDeclarations())) process.exitCode = 1;
