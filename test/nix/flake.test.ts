// The flake for real: a Nix with its sandbox on, and a stand-in for nixpkgs with the host's programs
// behind it. Everything else is the flake's own: npm's packages from the lock, the build, the lint,
// scenarios booted in the builder. What takes long and shows little more is in flake.soak.ts.
import { cp, mkdir, mkdtemp, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { inSoak } from '../helpers/soak.js';
import { projectRoot } from '../helpers/run-tapboot.js';
import { tapTree } from '../helpers/tap-tree.js';
import {
  addSource,
  copySmallTree,
  copyTree,
  giveImage,
  programs,
  SMALL_TREE_SCENARIOS,
  standIn,
} from './flake-tree.js';
import { forgetBuilds, keep, keptNix, npmRecipes } from './kept-nix.js';
import { ended, says, saysNot, timed } from './outcome.js';
import { removeStore } from './sandboxed-nix.js';
import { smallMachine } from './small-machine.js';

// Builds and boots under emulation, on few cores shared with others.
t.setTimeout(30 * 60 * 1000);

const directory = await realpath(await mkdtemp(join(tmpdir(), 'tapboot-flake-')));
t.teardown(() => removeStore(directory));
await copySmallTree(join(directory, 'flake'));
await standIn(join(directory, 'nixpkgs'));

const kept = await keptNix(t, {});
const { nix } = kept;
await forgetBuilds(kept);
// Once into the store: by another path, each command would read them whole.
await keep(kept.directory, 'iso', await giveImage(nix, join(directory, 'nixpkgs')));
const pinned = await addSource(nix, join(directory, 'nixpkgs'));
const flake = await addSource(nix, join(directory, 'flake'));

const inputs = ['--override-input', 'nixpkgs', `path:${pinned}`, '--no-write-lock-file'];
const consumerInputs = [
  ...['--override-input', 'tapboot', `path:${flake}`],
  ...['--override-input', 'nixpkgs', `path:${pinned}`],
  ...['--override-input', 'tapboot/nixpkgs', `path:${pinned}`, '--no-write-lock-file'],
];

/** Writes a copy of somebody's flake, outside of this tree. */
async function copyOf(name: string, path: string): Promise<string> {
  const copy = join(directory, name);
  await cp(join(projectRoot, path), copy, { recursive: true });
  return copy;
}

t.test('the sandbox is on, has no /etc of the host, and cannot write to /usr', async (t) => {
  const { stdout } = await nix.run(['--version']);
  t.comment(stdout);
  const expression = `derivation {
    name = "look"; system = "x86_64-linux"; builder = "/bin/sh";
    args = [ "-c" "PATH=/usr/bin; { ls /etc; touch /usr/x 2>&1; ls ${projectRoot} 2>&1; cat /proc/net/dev; } > $out; exit $?" ];
  }`;
  const args = ['build', '--impure', '--expr', expression, '--no-link', '--print-out-paths'];
  const outcome = await timed(t, nix, 'a look around', args);
  ended(t, outcome);
  const seen = await readFile(outcome.stdout.trim(), 'utf8');
  t.match(seen, /^group\nhosts\npasswd\n/, 'three files that nix made itself');
  t.match(seen, /touch: .*Read-only file system/);
  t.match(seen, /ls: cannot access/, 'the tree of this test is not there');
  t.notMatch(seen, /^ *(?!lo:)\w+: +\d/m, 'there is no network but loopback');
  t.notMatch(await readFile('/etc/passwd', 'utf8'), /nixbld:x:1000.*Nix build user/);
});

t.test(
  'npm’s packages: fetched in the sandbox by their hash, installed without a network',
  async (t) => {
    // One package, so that little is fetched; all of them are, in the soak.
    const tree = join(directory, 'one-package');
    await mkdir(tree);
    await cp(join(projectRoot, 'nix'), join(tree, 'nix'), { recursive: true });
    const read = async (name: string) =>
      JSON.parse(await readFile(join(projectRoot, name), 'utf8')) as Record<string, object>;
    const only = 'yaml';
    const dependencies = Object.fromEntries(
      Object.entries((await read('package.json'))['dependencies'] ?? {}).filter(
        ([name]) => name === only,
      ),
    );
    const manifest = { name: 'one-package', version: '1.0.0', dependencies };
    const packages = (await read('package-lock.json'))['packages'] as Record<string, object>;
    const lock = {
      name: manifest.name,
      version: manifest.version,
      lockfileVersion: 3,
      requires: true,
      packages: { '': manifest, [`node_modules/${only}`]: packages[`node_modules/${only}`] },
    };
    await writeFile(join(tree, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(tree, 'package-lock.json'), JSON.stringify(lock));
    await execa('node', [join(tree, 'nix/npm/hash.mjs')]);

    const recipes = ['--impure', '--expr', npmRecipes(tree), 'runtimeModules', '--no-link'];
    const built = await timed(t, nix, 'one package of npm’s', [
      ...['build', '-L', '--print-out-paths', ...recipes],
    ]);
    ended(t, built);
    says(t, built.stderr, /building '.*-tapboot-npm-tarballs\.drv'/);
    says(t, built.stderr, /tapboot-npm-tarballs> 1 tarballs in /);
    t.ok(existsSync(join(built.stdout.trim(), 'node_modules', only, 'package.json')));
  },
);

t.test('nix flake check builds everything and boots scenarios', async (t) => {
  // One check that fails must not keep the others from being seen.
  const args = ['flake', 'check', '-L', '--keep-going', `path:${flake}`, ...inputs];
  const outcome = await timed(t, nix, 'nix flake check', args);
  ended(t, outcome);
  for (const check of ['lint', 'scenarios', 'vmTests']) {
    says(t, outcome.stderr, `checking derivation checks.x86_64-linux.${check}`);
  }
  says(t, outcome.stderr, /building '.*-tapboot-\d[^/]*\.drv'/);
  says(t, outcome.stderr, /tapboot-scenarios> 2 scenarios, 1 plan, no problem/);
  for (const linter of ['prettier', 'dependency-cruiser', 'shellcheck', 'eslint']) {
    says(t, outcome.stderr, `tapboot-lint> ok   ${linter}`);
  }

  const wanted = ['checks.x86_64-linux.vmTests', 'packages.x86_64-linux.bootImage'];
  const paths = await timed(t, nix, 'where they are', [
    ...[
      'build',
      '--no-link',
      '--print-out-paths',
      ...wanted.map((name) => `path:${flake}#${name}`),
    ],
    ...inputs,
  ]);
  const [check = '', image = ''] = paths.stdout.split('\n');
  await keep(kept.directory, 'image', image);
  const report = await realpath(join(check, 'report'));
  const tap = await readFile(join(report, 'report.tap'), 'utf8');
  for (const line of tap.split('\n').filter((line) => /^(not ok|ok|# )/.test(line)))
    t.comment(line);
  const tree = tapTree(tap);
  t.equal(tree.ok, true);
  t.match(tap, /^1\.\.2$/m, 'both scenarios');
  t.equal(tap.match(/^(?: {4})?# boot: booted \S+ \(/gm)?.length, 1, 'one boot a shape');
  t.match(tap, /^# image .*\/store\/[^ ]*-stand-in-image/m);
  t.ok(existsSync(join(report, 'ledger.jsonl')));
  t.notOk(existsSync(join(report, 'nix-support/failed')));
  await hydraFilesAreSound(t, report);
});

/** As Hydra reads them; what does not match its grammar vanishes there without a word. */
async function hydraFilesAreSound(t: Test, report: string): Promise<void> {
  const support = join(report, 'nix-support');
  const products = (await readFile(join(support, 'hydra-build-products'), 'utf8')).trim();
  t.match(products, new RegExp(`^file tap ${report}/report\\.tap$`, 'm'));
  for (const line of products.split('\n')) {
    const match = /^([a-zA-Z0-9_-]+) +([a-zA-Z0-9_-]+) +("[^"]+"|[^" ]+)( +[^" ]+)?$/.exec(line);
    const path = match?.[3] ?? '';
    t.ok(path.startsWith(`${report}/`), `in the output itself: ${line}`);
    t.ok((await stat(path)).isFile(), path);
  }
  const metrics = (await readFile(join(support, 'hydra-metrics'), 'utf8')).trim().split('\n');
  for (const line of metrics) {
    t.match(line, /^[a-zA-Z0-9._-]+ +-?\d+(\.\d+)?( +[a-zA-Z0-9._%-]+)?$/);
  }
  const scenarios = SMALL_TREE_SCENARIOS.map((name) => `scenario.${name}`);
  for (const name of ['total_seconds', 'boot_to_ssh_seconds', ...scenarios]) {
    t.ok(
      metrics.some((line) => line.startsWith(name)),
      name,
    );
  }
}

t.test('nix run and nix develop', async (t) => {
  const run = ['run', `path:${flake}`, ...inputs, '--', 'list'];
  const list = await timed(t, nix, 'nix run . -- list', run);
  ended(t, list);
  t.match(list.stdout, /^configures-network /m);

  const page = await timed(t, nix, 'nix run . -- explain wait', [
    ...['run', `path:${flake}`, ...inputs, '--', 'explain', 'wait'],
  ]);
  ended(t, page);
  t.match(page.stdout, /wait: \{ console: /);

  // A checkout to work in, with nothing installed. It is built already: how that goes in Nix is
  // seen above.
  const work = join(directory, 'work');
  await copyTree(work);
  await cp(join(projectRoot, 'dist'), join(work, 'dist'), { recursive: true });
  await programs(join(directory, 'bin'), { nix: nix.program });
  const develop = (...command: string[]): string[] => [
    ...['develop', `path:${flake}`, ...inputs, '-c', 'env'],
    ...[`PATH_OF_NIX=${join(directory, 'bin')}`, 'sh', '-c', 'PATH=$PATH:$PATH_OF_NIX "$@"', 'sh'],
    ...command,
  ];
  const look =
    'readlink node_modules; for p in qemu-system-x86_64 mdadm lvm node; do command -v $p; done; printenv TAPBOOT_IMAGE';
  const shell = await timed(t, nix, 'nix develop', develop('sh', '-c', look), { cwd: work });
  ended(t, shell);
  for (const line of shell.stdout.trim().split('\n')) t.match(line, nix.store, 'from the store');
  t.match(shell.stdout, /^nix:.*\.drv\^out$/m, 'the flake’s own image is the default one');

  const tests = ['test/unit/errors.test.ts', 'test/unit/machine/qemu/qmp.test.ts'];
  const npmTest = await timed(
    t,
    nix,
    'nix develop -c npm test',
    develop('npm', 'test', '--', ...tests),
    { cwd: work },
  );
  ended(t, npmTest);
  t.match(npmTest.stdout, /^[1-9]\d* passed, 0 failed$/m);
  saysNot(t, npmTest.stderr, /npm ci|apt-get/);
  t.equal((await realpath(join(work, 'node_modules'))).startsWith(nix.store), true);

  const info = await timed(
    t,
    nix,
    'the image of the shell',
    develop('bin/tapboot', 'image', 'info'),
    { cwd: work },
  );
  ended(t, info);
  t.match(info.stdout, /store_path: .*-stand-in-image/);
});

await inSoak(t, 'the package by itself: its scripts, its disk tools, its report', async (t) => {
  const own = join(directory, 'own');
  await mkdir(own);
  await writeFile(join(own, 'given.txt'), 'from the host\n');
  await writeFile(
    join(own, 'own.yaml'),
    `name: The package does all of it
machine: { disks: { vda: 64M, vdb: 64M } }
steps:
  - copy: { in: { host: given.txt, guest: /run/given } }
  - run: cat /run/given; mkswap /dev/vdb >/dev/null && sync
    expect: { stdout: { equals: from the host } }
  - disks: { vdb: { present: [{ kind: swap }] } }
`,
  );
  const args = [
    ...['run', 'own.yaml', '--image', 'debian:fast', '--accel', 'tcg'],
    ...['--log-root', join(own, 'runs'), '--report', `html=${join(own, 'report.html')}`],
  ];
  const command = ['run', `path:${flake}`, ...inputs, '--', ...args];
  const done = await timed(t, nix, 'nix run . -- run', command, { cwd: own });
  ended(t, done);
  t.match(done.stdout, /^ok 1 - The package does all of it$/m);
  t.match(await readFile(join(own, 'report.html'), 'utf8'), /id="tapboot-report"/);
});

await inSoak(t, 'verdicts: one that fails is kept, a guest that dies is none', async (t) => {
  const other = await copyOf('verdicts', 'test/nix/verdicts');
  await smallMachine(join(other, 'machine'));
  const checks = await timed(t, nix, 'checks that fail', [
    ...['flake', 'check', '-L', '--keep-going', `path:${other}`, ...consumerInputs],
  ]);
  ended(t, checks, false);

  // One of its scenarios does not hold: the check fails, and the report is kept.
  says(t, checks.stderr, /fails-report> ok \d - The machine answers/);
  says(t, checks.stderr, /fails> not ok \d - An expectation/);
  const kept = /FAILED\. TAP, logs and metadata are kept: (\S+)/.exec(checks.stderr)?.[1] ?? '';
  t.comment(`kept: ${kept}`);
  t.match(kept, nix.store);
  const tap = await readFile(join(kept, 'report.tap'), 'utf8');
  t.match(tap, /^ok \d - The machine answers$/m);
  t.match(tap, /^not ok \d - An expectation that does not hold$/m);
  t.match(tap, /class: "product"/);
  t.equal((await readFile(join(kept, 'exit-code'), 'utf8')).trim(), '1');
  t.ok(existsSync(join(kept, 'nix-support/failed')), 'Hydra would mark it as failed');

  // A guest that dies is no verdict: the build itself fails, with the evidence in its log.
  says(t, checks.stderr, /dies-report> --- the end of serial\.log/);
  says(t, checks.stderr, /dies-report> .*Kernel panic - not syncing/);
  says(
    t,
    checks.stderr,
    /dies-report> .*status 3: this is no verdict on the image, and nothing is kept/,
  );
  saysNot(t, checks.stderr, /dies> /);
});

t.test('a consumer: one line in its checks; and the template', async (t) => {
  const consumer = await copyOf('consumer', 'test/nix/consumer');
  const text = await readFile(join(consumer, 'flake.nix'), 'utf8');
  t.ok(text.trim().split('\n').length <= 20, 'twenty lines at most');

  const template = join(directory, 'template');
  await mkdir(template);
  const init = ['flake', 'init', '--template', `path:${flake}`];
  ended(t, await timed(t, nix, 'nix flake init', init, { cwd: template }));

  // Both are evaluated whole, down to the recipes of their checks; the soak builds them.
  for (const [place, check] of [
    [consumer, 'vm-tests'],
    [template, 'vm-tests'],
  ] as const) {
    const evaluated = await timed(t, nix, `nix flake check --no-build ${place}`, [
      ...['flake', 'check', '--no-build', `path:${place}`, ...consumerInputs],
    ]);
    ended(t, evaluated);
    says(t, evaluated.stderr, new RegExp(`derivation evaluated to .*-${check}\\.drv`));
  }
});

t.test('lock and pinned hash part, and it is seen', async (t) => {
  const hash = (tree: string) =>
    execa('node', [join(tree, 'nix/npm/hash.mjs'), '--lock-only'], { reject: false });
  const tree = join(directory, 'parted');
  await cp(join(projectRoot, 'nix'), join(tree, 'nix'), { recursive: true });
  const lock = join(tree, 'package-lock.json');
  await cp(join(projectRoot, 'package-lock.json'), lock);
  t.equal((await hash(tree)).exitCode, 0, 'as committed, they are one');
  const text = await readFile(lock, 'utf8');
  await writeFile(
    lock,
    text.replace(/"integrity": "sha512-[A-Za-z0-9]{6}/, (found) => `${found.slice(0, -6)}AAAAAA`),
  );
  const parted = await hash(tree);
  t.equal(parted.exitCode, 1);
  t.match(parted.stderr, /package-lock\.json has changed since the hash was computed/);
  t.match(parted.stderr, /next: npm run nix:hash/);
});
