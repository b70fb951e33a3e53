import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import t from 'tap';
import { copyOfTree } from './copy-of-tree.js';

/**
 * What runs only where set-up has been: its packages may be named at the top. All else is loaded
 * in a clone that has no node_modules yet.
 */
const AFTER_SETUP = new Set(['tap-counter.mjs', 'test-root.mjs', 'test-group.mjs']);

t.test('what sets up a fresh clone loads where there is no package yet', async (t) => {
  const tree = await copyOfTree(t, {}, { linked: false });
  const modules = readdirSync(join(tree, 'bin/setup')).filter((name) => !AFTER_SETUP.has(name));
  t.ok(modules.includes('test-stages.mjs') && modules.includes('prepare.mjs'));
  for (const name of modules) {
    const url = pathToFileURL(join(tree, 'bin/setup', name)).href;
    const { exitCode, stderr } = await execa(
      process.execPath,
      ['--input-type=module', '--eval', `await import(${JSON.stringify(url)})`],
      { reject: false, cwd: tree },
    );
    t.equal(exitCode, 0, `${name}\n${stderr}`);
  }
});

t.test('the commands that a fresh clone is told to run print their help there', async (t) => {
  const tree = await copyOfTree(t, {}, { linked: false });
  for (const args of [
    ['bin/setup.mjs', 'test', '--help'],
    ['bin/soak.mjs', '--help'],
  ]) {
    const { exitCode, stdout, stderr } = await execa(process.execPath, args, {
      reject: false,
      cwd: tree,
    });
    t.equal(exitCode, 0, stderr);
    t.match(stdout, /^usage: npm (?:test|run soak)/);
  }
});
