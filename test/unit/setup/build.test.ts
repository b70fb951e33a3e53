import { mkdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { copyOfTree, TINY_MAIN, type Outcome } from './copy-of-tree.js';

const tapboot = async (tree: string, ...args: string[]): Promise<Outcome> =>
  execa(join(tree, 'bin/tapboot'), args, { reject: false, cwd: '/' });

const compiled = /set-up: build: \d+ files compiled/;

t.test('bin/tapboot builds what it needs, once', async (t) => {
  const tree = await copyOfTree(t);
  const first = await tapboot(tree, 'a', 'b c', '$HOME');
  t.equal(first.exitCode, 0, first.stderr);
  t.equal(first.stdout, '["a","b c","$HOME"]');
  t.match(first.stderr, compiled);
  const built = await stat(join(tree, 'dist/driver/cli/main.js'));

  const second = await tapboot(tree, 'x');
  t.equal(second.stdout, '["x"]');
  t.equal(second.stderr, '', 'nothing to say');
  t.equal((await stat(join(tree, 'dist/driver/cli/main.js'))).mtimeMs, built.mtimeMs);
});

t.test('it is found through links, from any directory', async (t) => {
  const tree = await copyOfTree(t);
  const elsewhere = t.testdir({});
  await symlink(join(tree, 'bin/tapboot'), join(elsewhere, 'first'));
  await symlink('first', join(elsewhere, 'second link'));
  const { stdout } = await execa(join(elsewhere, 'second link'), ['here'], { cwd: elsewhere });
  t.equal(stdout, '["here"]');
});

t.test('what changed is rebuilt, what was only touched is not', async (t) => {
  const extra = 'driver/extra.ts';
  const main = TINY_MAIN.replace('argv)', '[...argv, extra])');
  const tree = await copyOfTree(t, {
    [extra]: "export const extra = 'one';\n",
    'driver/cli/main.ts': `import { extra } from '../extra.js';\n${main}`,
  });
  await tapboot(tree);

  const later = new Date(Date.now() + 5000);
  await utimes(join(tree, extra), later, later);
  t.notMatch((await tapboot(tree)).stderr, compiled, 'only touched');

  // Same size, and the time that it had: only the content tells.
  await writeFile(join(tree, extra), "export const extra = 'two';\n");
  const changed = await tapboot(tree);
  t.match(changed.stderr, compiled, 'changed');
  t.equal(changed.stdout, '["two"]');

  await rm(join(tree, extra));
  t.match((await tapboot(tree)).stderr, /TAPBOOT_E_BUILD/, 'removed');
  await writeFile(join(tree, 'driver/cli/main.ts'), TINY_MAIN);
  t.equal((await tapboot(tree)).stdout, '[]');
});

t.test('a build that was interrupted is made anew', async (t) => {
  const tree = await copyOfTree(t);
  await tapboot(tree);
  await rm(join(tree, 'dist'), { recursive: true });
  await mkdir(join(tree, 'dist'));
  const { stdout, exitCode } = await tapboot(tree, 'again');
  t.equal(exitCode, 0);
  t.equal(stdout, '["again"]');
});

t.test('sources that do not compile are an error with the place, and nothing runs', async (t) => {
  const tree = await copyOfTree(t);
  await tapboot(tree);
  await writeFile(join(tree, 'driver/cli/main.ts'), `${TINY_MAIN}export const x: = 'text';\n`);
  for (const attempt of ['first', 'second']) {
    const { exitCode, stdout, stderr } = await tapboot(tree, 'x');
    t.equal(exitCode, 4, attempt);
    t.equal(stdout, '', 'the old build does not run');
    t.match(stderr, /TAPBOOT_E_BUILD/);
    t.match(stderr, /driver\/cli\/main\.ts\(\d+,\d+\): /);
  }
});

t.test('two at once in one tree do not break each other', async (t) => {
  const tree = await copyOfTree(t);
  const both = await Promise.all([
    tapboot(tree, 'one'),
    tapboot(tree, 'two'),
    tapboot(tree, 'three'),
  ]);
  t.same(
    both.map(({ exitCode }) => exitCode),
    [0, 0, 0],
  );
  t.same(
    both.map(({ stdout }) => stdout),
    ['["one"]', '["two"]', '["three"]'],
  );
  const builds = both.filter(({ stderr }) => compiled.test(stderr));
  t.equal(builds.length, 1, 'one built, the others waited and used it');
  t.match(both.map(({ stderr }) => stderr).join('\n'), /another set-up is at work in this tree/);
});

t.test('an installed package has no sources, and is not built', async (t) => {
  const tree = await copyOfTree(t);
  await tapboot(tree);
  await rm(join(tree, 'driver'), { recursive: true });
  await rm(join(tree, 'tsconfig.build.json'));
  await rm(join(tree, 'dist/.tapboot-build'));
  const { stdout, stderr } = await tapboot(tree, 'installed');
  t.equal(stdout, '["installed"]');
  t.equal(stderr, '');
});
