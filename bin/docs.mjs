// npm run docs [-- DIRECTORY]: builds the documentation site, into docs/_site when none is named.
import { join, relative, resolve } from 'node:path';
import { ensureNodePackages } from './setup/node-packages.mjs';
import { runChild } from './setup/run-child.mjs';
import { tree } from './setup/tree.mjs';

const output = resolve(process.argv[2] ?? join(tree.root, 'docs/_site'));
await ensureNodePackages('test');
const { status, output: said } = await runChild(
  process.execPath,
  ['--import', 'tsx', join(tree.root, 'site/build.ts'), output],
  { cwd: tree.root },
);
if (status !== 0) {
  process.stderr.write(said);
  process.exitCode = 1;
} else {
  process.stdout.write(`${said}open ${join(relative(process.cwd(), output), 'index.html')}\n`);
}
