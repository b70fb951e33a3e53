import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
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
  await mkdir(join(tree, 'driver'), { recursive: true });
  await cp(join(root, 'driver/layers.json'), join(tree, 'driver/layers.json'));
  await mkdir(join(tree, 'bin'));
  await cp(join(root, 'bin/bundled.json'), join(tree, 'bin/bundled.json'));
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  const { exitCode, stdout } = await execa(
    join(root, 'node_modules/.bin/depcruise'),
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'driver'],
    { cwd: tree, reject: false },
  );
  // Long lines are wrapped.
  return { ok: exitCode === 0, said: stdout.replace(/\s+/g, ' ') };
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

/** An import that each room may not have; `NAME` is the rule's name, so that complaints tell. */
const REFUSED: Record<string, [from: string, to: string]> = {
  'ground-stays-in-its-layer': ['driver/events/NAME.ts', 'driver/host/leaf.ts'],
  'host-stays-in-its-layer': ['driver/host/NAME.ts', 'driver/language/leaf.ts'],
  'language-stays-in-its-layer': ['driver/language/NAME.ts', 'driver/residue/leaf.ts'],
  'residue-stays-in-its-layer': ['driver/residue/NAME.ts', 'driver/channel/leaf.ts'],
  'image-stays-in-its-layer': ['driver/image/NAME.ts', 'driver/channel/leaf.ts'],
  'channel-stays-in-its-layer': ['driver/channel/NAME.ts', 'driver/machine/leaf.ts'],
  'machine-stays-in-its-layer': ['driver/machine/NAME.ts', 'driver/steps/leaf.ts'],
  'steps-stays-in-its-layer': ['driver/steps/NAME.ts', 'driver/record/leaf.ts'],
  'scenario-stays-in-its-layer': ['driver/scenario/NAME.ts', 'driver/snapshots/leaf.ts'],
  'snapshots-stays-in-its-layer': ['driver/snapshots/NAME.ts', 'driver/record/leaf.ts'],
  'run-stays-in-its-layer': ['driver/run/NAME.ts', 'driver/report/leaf.ts'],
  'interactive-stays-in-its-layer': ['driver/interactive/NAME.ts', 'driver/library/leaf.ts'],
  'library-stays-in-its-layer': ['driver/library/NAME.ts', 'driver/cli/leaf.ts'],
  'record-stays-in-its-layer': ['driver/record/NAME.ts', 'driver/machine/leaf.ts'],
  'report-stays-in-its-layer': ['driver/report/NAME.ts', 'driver/run/leaf.ts'],
  'config-stays-in-its-layer': ['driver/config/NAME.ts', 'driver/report/leaf.ts'],
  'scenario-loads-without-a-machine': ['driver/scenario/NAME.ts', 'driver/steps/run/run.ts'],
};

t.test('each dependency rule refuses', async (t) => {
  const files: Record<string, string> = {
    'driver/host/a.ts': uses('./b.js'),
    'driver/host/b.ts': uses('./a.js').replace('y', 'x, y'),
    // A cycle of types is one, too.
    'driver/host/c.ts': "import type { x } from './d.js';\nexport type Y = x;\n",
    'driver/host/d.ts': "import type { Y } from './c.js';\nexport type x = 1 | Y[];\n",
    'driver/host/dev.ts': "import { Parser } from 'tap-parser';\nnew Parser();\n",
    'driver/host/lost.ts': uses('./not-there.js'),
  };
  const wanted = [
    'error no-cycles: driver/host/a.ts',
    'error no-cycles: driver/host/c.ts',
    'error no-dev-dependencies:',
    'error nothing-unresolvable:',
  ];
  for (const [rule, [from, to]] of Object.entries(REFUSED)) {
    const [source, target] = [from.replace('NAME', rule), to.replace('NAME', rule)];
    files[target] = leaf;
    files[source] = namesType(`../${target.replace('driver/', '').replace(/ts$/, 'js')}`);
    wanted.push(`error ${rule}: ${source} → ${target}`);
  }
  const { ok, said } = await cruise(files, t);
  t.notOk(ok);
  for (const complaint of wanted) t.match(said, complaint);
  const rooms = JSON.parse(await readFile(join(root, 'driver/layers.json'), 'utf8')) as Room[];
  t.same(
    rooms.map(({ room }) => `${room}-stays-in-its-layer`).filter((rule) => !(rule in REFUSED)),
    ['cli-stays-in-its-layer'],
    'every room is tried but the one that may import all',
  );
});

interface Room {
  room: string;
}

t.test('dependency rules let the allowed directions pass', async (t) => {
  const { ok, said } = await cruise(
    {
      'driver/errors.ts': leaf,
      'driver/scenario/a.ts': uses('../errors.js'),
      'driver/cli/c.ts': uses('../scenario/a.js').replace('{ x }', '{ y as x }'),
      'driver/scenario/d.ts': namesType('../steps/run/schema.js'),
      'driver/steps/run/schema.ts': leaf,
      'driver/library/e.ts': uses('../report/f.js'),
      'driver/report/f.ts': leaf,
      'driver/run/g.ts': uses('../record/h.js'),
      'driver/record/h.ts': leaf,
    },
    t,
  );
  t.ok(ok, said);
});

t.test('no spread of a literal: its keys are not checked', async (t) => {
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: {
      languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } },
    },
  });
  const code = [
    'export const f = (a: number, b?: number): object => ({',
    '  ...{ a },',
    '  ...(b === undefined ? {} : { b }),',
    '  ...(b !== undefined && { b }),',
    '});',
    '',
  ].join('\n');
  const [result] = await eslint.lintText(code, { filePath: join(root, 'driver/errors.ts') });
  const lines = result?.messages
    .filter(({ ruleId }) => ruleId === 'no-restricted-syntax')
    .map(({ line }) => line);
  t.same([...new Set(lines)], [2, 3, 4]);
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
