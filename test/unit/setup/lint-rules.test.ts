import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { execa } from 'execa';
import t from 'tap';
import { load, root } from './load.js';

/** Writes files into a new tree and runs the dependency rules on it. */
async function cruise(
  files: Record<string, string>,
  t: Tap,
): Promise<{ ok: boolean; said: string }> {
  const tree = t.testdir(asFixture(files));
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
    await cp(join(root, name), join(tree, name));
  }
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  const { exitCode, stdout } = await execa(
    join(root, 'node_modules/.bin/depcruise'),
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'driver'],
    { cwd: tree, reject: false },
  );
  return { ok: exitCode === 0, said: stdout };
}

type Tap = Pick<typeof t, 'testdir'>;
type Fixture = { [name: string]: string | Fixture };

function asFixture(files: Record<string, string>): Fixture {
  const fixture: Fixture = {};
  for (const [path, text] of Object.entries(files)) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let at = fixture;
    for (const part of parts) at = (at[part] ??= {}) as Fixture;
    at[name] = text;
  }
  return fixture;
}

const leaf = 'export const x = 1;\n';
const uses = (path: string): string => `import { x } from '${path}';\nexport const y = x;\n`;
const namesType = (path: string): string =>
  `import type { x } from '${path}';\nexport type Y = typeof x;\n`;

const REFUSED: Record<string, Record<string, string>> = {
  'no-cycles': {
    'driver/host/a.ts': uses('./b.js'),
    'driver/host/b.ts': uses('./a.js').replace('y', 'x, y'),
  },
  'record-stays-out-of-vms': {
    'driver/report/a.ts': uses('../qemu/b.js'),
    'driver/qemu/b.ts': leaf,
  },
  'scenario-knows-nothing-below': {
    'driver/scenario/a.ts': uses('../config/b.js'),
    'driver/config/b.ts': leaf,
  },
  'residue-is-independent': {
    'driver/residue/a.ts': uses('../scenario/b.js'),
    'driver/scenario/b.ts': leaf,
  },
  'image-knows-no-vm': {
    'driver/image/a.ts': uses('../channel/b.js'),
    'driver/channel/b.ts': leaf,
  },
  'channel-knows-no-steps': {
    'driver/channel/a.ts': uses('../steps/b.js'),
    'driver/steps/b.ts': leaf,
  },
  'steps-write-no-reports': {
    'driver/steps/a.ts': uses('../report/b.js'),
    'driver/report/b.ts': leaf,
  },
  'nothing-below-cli-imports-cli': {
    'driver/host/a.ts': uses('../cli/b.js'),
    'driver/cli/b.ts': leaf,
  },
  'no-dev-dependencies': {
    'driver/host/a.ts': "import { Parser } from 'tap-parser';\nnew Parser();\n",
  },
  'nothing-unresolvable': { 'driver/host/a.ts': uses('./not-there.js') },
};

for (const [rule, files] of Object.entries(REFUSED)) {
  t.test(`dependency rule ${rule} refuses`, async (t) => {
    const { ok, said } = await cruise(files, t);
    t.notOk(ok);
    t.match(said, new RegExp(`error ${rule}:`));
  });
}

t.test('dependency rules let the allowed directions pass', async (t) => {
  const { ok, said } = await cruise(
    {
      'driver/errors.ts': leaf,
      'driver/scenario/a.ts': uses('../errors.js'),
      'driver/cli/c.ts': uses('../scenario/a.js').replace('{ x }', '{ y as x }'),
      // A type is not a dependency of the language on the channels' code.
      'driver/scenario/d.ts': namesType('../channel/e.js'),
      'driver/channel/e.ts': leaf,
    },
    t,
  );
  t.ok(ok, said);
});

t.test('only the edge may read or write the outside world', async (t) => {
  const eslint = new ESLint({ cwd: root });
  const rulesFor = async (code: string, file: string): Promise<(string | null)[]> => {
    const [result] = await eslint.lintText(code, { filePath: join(root, file) });
    return result?.messages.map(({ ruleId }) => ruleId) ?? [];
  };
  for (const what of ['env', 'argv', 'stdout', 'stderr', 'exitCode']) {
    const code = `export const x: unknown = process.${what};\n`;
    t.same(await rulesFor(code, 'driver/errors.ts'), ['no-restricted-properties'], what);
    t.same(await rulesFor(code, 'driver/cli/main.ts'), [], `${what} at the edge`);
  }
  t.ok(
    (await rulesFor('export const x: any = 1;\n', 'driver/errors.ts')).includes(
      '@typescript-eslint/no-explicit-any',
    ),
  );
  t.ok((await rulesFor('console.log(1);\n', 'driver/errors.ts')).includes('no-console'));
  t.ok(
    (await rulesFor('async function f(): Promise<void> {}\nf();\n', 'driver/errors.ts')).includes(
      '@typescript-eslint/no-floating-promises',
    ),
  );
});

t.test('shell files are found by name and by their first line', async (t) => {
  const { shellFiles } = await load<{
    shellFiles(): { scripts: string[]; fragments: string[] };
  }>('linters.mjs');
  const { scripts, fragments } = shellFiles();
  for (const name of ['.ci/run', 'bin/tapboot', 'test/fresh-machine.sh']) {
    t.ok(scripts.includes(name), name);
  }
  t.ok(fragments.length > 0);
  t.same(
    scripts.filter((name) => fragments.includes(name)),
    [],
  );
  t.notOk([...scripts, ...fragments].some((name) => /\.(mjs|ts|md|json)$/.test(name)));
});
