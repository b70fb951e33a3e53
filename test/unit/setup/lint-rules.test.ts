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

/** One violation of each rule; `NAME` is the rule's name, so that the complaints tell. */
const REFUSED: Record<string, [from: string, to: string]> = {
  'record-stays-out-of-vms': ['driver/report/NAME.ts', 'driver/qemu/NAME.ts'],
  'scenario-knows-nothing-below': ['driver/scenario/NAME.ts', 'driver/config/NAME.ts'],
  'residue-is-independent': ['driver/residue/NAME.ts', 'driver/scenario/leaf.ts'],
  'image-knows-no-vm': ['driver/image/NAME.ts', 'driver/channel/leaf.ts'],
  'channel-knows-no-steps': ['driver/channel/NAME.ts', 'driver/steps/leaf.ts'],
  'steps-write-no-reports': ['driver/steps/NAME.ts', 'driver/report/leaf.ts'],
  'nothing-below-cli-imports-cli': ['driver/host/NAME.ts', 'driver/cli/leaf.ts'],
};

t.test('each dependency rule refuses', async (t) => {
  const files: Record<string, string> = {
    'driver/host/a.ts': uses('./b.js'),
    'driver/host/b.ts': uses('./a.js').replace('y', 'x, y'),
    'driver/host/dev.ts': "import { Parser } from 'tap-parser';\nnew Parser();\n",
    'driver/host/lost.ts': uses('./not-there.js'),
  };
  const wanted = ['error no-cycles:', 'error no-dev-dependencies:', 'error nothing-unresolvable:'];
  for (const [rule, [from, to]] of Object.entries(REFUSED)) {
    const [source, target] = [from.replace('NAME', rule), to.replace('NAME', rule)];
    files[target] = leaf;
    files[source] = uses(`../${target.replace('driver/', '').replace(/ts$/, 'js')}`);
    wanted.push(`error ${rule}: ${source} → ${target}`);
  }
  const { ok, said } = await cruise(files, t);
  t.notOk(ok);
  for (const complaint of wanted) t.match(said, complaint);
});

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
  const eslint = new ESLint({
    cwd: root,
    // Where CI is set, typescript-eslint takes a file's text from the disk and not from `lintText`
    // (https://typescript-eslint.io/packages/parser#disallowautomaticsingleruninference).
    overrideConfig: {
      languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } },
    },
  });
  const rulesFor = async (code: string, file: string): Promise<string[]> => {
    const [result] = await eslint.lintText(code, { filePath: join(root, file) });
    return result?.messages.map(({ ruleId, line }) => `${String(line)} ${String(ruleId)}`) ?? [];
  };
  const outside = ['env', 'argv', 'stdout', 'stderr', 'exitCode'];
  const code = [
    ...outside.map((what) => `export const ${what}: unknown = process.${what};`),
    'export const x: any = 1;',
    'console.log(x);',
    'async function f(): Promise<void> {}',
    'f();',
    '',
  ].join('\n');
  const always = [
    '6 @typescript-eslint/no-explicit-any',
    '7 no-console',
    '9 @typescript-eslint/no-floating-promises',
  ];
  const atTheEdge = await rulesFor(code, 'driver/cli/main.ts');
  const below = await rulesFor(code, 'driver/errors.ts');
  for (const complaint of always) {
    t.ok(atTheEdge.includes(complaint), complaint);
    t.ok(below.includes(complaint), complaint);
  }
  outside.forEach((what, index) => {
    const complaint = `${String(index + 1)} no-restricted-properties`;
    t.ok(below.includes(complaint), `${what} below`);
    t.notOk(atTheEdge.includes(complaint), `${what} at the edge`);
  });

  const timers = [
    "import { setTimeout as sleep } from 'node:timers/promises';",
    'export const timer = setTimeout(() => undefined, 1);',
    'export const interval = setInterval(() => undefined, 1);',
    'export const signal = AbortSignal.timeout(1);',
    'export const slept = sleep(1);',
    '',
  ].join('\n');
  const restricted = (rules: string[]): string[] =>
    rules.filter((rule) => rule.includes('no-restricted')).sort();
  t.same(
    restricted(await rulesFor(timers, 'driver/errors.ts')),
    ['1 no-restricted-imports', '2 no-restricted-globals', '3 no-restricted-globals'].concat(
      '4 no-restricted-syntax',
    ),
    'timers are armed in one place',
  );
  t.same(restricted(await rulesFor(timers, 'driver/host/timers.ts')), []);
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
