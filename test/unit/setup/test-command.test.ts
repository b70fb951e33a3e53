import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { copyOfTree, type Outcome } from './copy-of-tree.js';

const PASSING = `import t from 'tap';
t.equal(1, 1, 'one');
t.test('inner', async (t) => { t.ok(true, 'two'); });
`;
const FAILING = `import t from 'tap';
t.equal(1, 2, 'one is two');
`;
const CRASHING = `import t from 'tap';
t.ok(true);
process.exit(9);
`;
const UNLOADABLE = "import 'no-such-package';\n";

async function npmTest(t: Test, files: Record<string, string>, args: string[]): Promise<Outcome> {
  const built = !Object.keys(files).some((name) => name.startsWith('driver/'));
  const tree = await copyOfTree(t, files, { built });
  // Without tap's own variables: this is a run of its own, not a child of the one that tests it.
  return execa(process.execPath, [join(tree, 'bin/setup.mjs'), 'test', ...args], {
    reject: false,
    cwd: tree,
    extendEnv: false,
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('TAP')),
    ),
  });
}

const lastLine = (text: string): string => text.split('\n').at(-1) ?? '';

t.test('the last line counts the assertions of all files', async (t) => {
  const files = { 'test/unit/a.test.ts': PASSING, 'test/vm/b.test.ts': PASSING };
  const { exitCode, stdout, stderr } = await npmTest(t, files, ['--unit', '--vm']);
  t.equal(lastLine(stdout), '4 passed, 0 failed', stderr);
  t.equal(exitCode, 0);
  t.match(stdout, /ok {3}test\/unit\/a\.test\.ts: 2 passed, 0 failed/);
  t.match(stdout, /ok {3}test\/vm\/b\.test\.ts: 2 passed, 0 failed/);
});

t.test('a failing, a crashing and an unloadable file each fail the whole', async (t) => {
  for (const [what, text, closing] of [
    ['failing', FAILING, /^2 passed, 1 failed$/],
    ['crashing', CRASHING, /^3 passed, [1-9] failed$/],
    ['unloadable', UNLOADABLE, /^2 passed, [1-9] failed$/],
  ] as const) {
    const files = { 'test/unit/a.test.ts': PASSING, 'test/unit/b.test.ts': text };
    const { exitCode, stdout } = await npmTest(t, files, ['--unit']);
    t.equal(exitCode, 1, what);
    t.match(lastLine(stdout), closing, what);
    t.match(stdout, /FAIL test\/unit\/b\.test\.ts/, what);
  }
});

t.test('a signal ends the tests under way, and the command by the same signal', async (t) => {
  const tree = await copyOfTree(
    t,
    {
      'test/unit/a.test.ts': `import { writeFileSync } from 'node:fs';
import t from 'tap';
t.test('waits', async () => {
  writeFileSync('waits', String(process.pid));
  await new Promise((done) => setTimeout(done, 600_000));
});
`,
    },
    { built: true },
  );
  const going = execa(process.execPath, [join(tree, 'bin/setup.mjs'), 'test', '--unit'], {
    reject: false,
    cwd: tree,
  });
  while (!existsSync(join(tree, 'waits'))) await sleep(50);
  going.kill('SIGTERM');
  t.equal((await going).signal, 'SIGTERM');
  const pid = await readFile(join(tree, 'waits'), 'utf8');
  t.notOk(existsSync(join('/proc', pid)), 'and nothing of it goes on');
});

t.test('a type error counts as one failed check', async (t) => {
  const files = { 'test/unit/a.test.ts': `${PASSING}export const x: number = 'text';\n` };
  const { exitCode, stdout } = await npmTest(t, files, ['--types', '--unit']);
  t.equal(exitCode, 1);
  t.equal(lastLine(stdout), '2 passed, 1 failed');
  t.match(stdout, /FAIL types[^]*a\.test\.ts\(\d+,\d+\): error TS2322/);
});

t.test('files can be named; then lint and types are left out', async (t) => {
  const files = { 'test/unit/a.test.ts': PASSING, 'test/unit/b.test.ts': FAILING };
  for (const name of ['test/unit/a.test.ts', 'unit/a']) {
    const { exitCode, stdout } = await npmTest(t, files, [name]);
    t.equal(exitCode, 0, name);
    t.equal(lastLine(stdout), '2 passed, 0 failed', name);
    t.notMatch(stdout, /lint|types|b\.test/, name);
  }
});

t.test('nothing tested is not a pass', async (t) => {
  const { exitCode, stdout } = await npmTest(t, { 'test/unit/a.test.ts': PASSING }, ['--vm']);
  t.equal(exitCode, 1);
  t.equal(lastLine(stdout), '0 passed, 1 failed');
});

t.test('a set-up that fails is counted, and keeps its exit code', async (t) => {
  const files = { 'driver/cli/main.ts': 'this is no TypeScript\n', 'test/unit/a.test.ts': PASSING };
  const { exitCode, stdout } = await npmTest(t, files, []);
  t.equal(exitCode, 4);
  t.equal(lastLine(stdout), '0 passed, 1 failed');
  t.match(stdout, /TAPBOOT_E_BUILD/);
});

t.test('wrong arguments are usage errors', async (t) => {
  const files = { 'test/unit/a.test.ts': PASSING };
  const option = await npmTest(t, files, ['--unti']);
  t.equal(option.exitCode, 2);
  t.match(option.stderr, /unknown option --unti \[TAPBOOT_E_USAGE\]/);
  const file = await npmTest(t, files, ['test/unit/none.test.ts']);
  t.equal(file.exitCode, 2);
  t.match(file.stderr, /no test file is called like test\/unit\/none\.test\.ts/);
});
