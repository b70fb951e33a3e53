// The flake for real: a Nix with its sandbox on, and a stand-in for nixpkgs with the host's programs
// behind it. Everything else is the flake's own: npm's packages from the lock, the build, the lint,
// the scenarios booted in the builder.
import { cp, mkdtemp, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import { projectRoot } from '../helpers/run-tapboot.js';
import { tapTree } from '../helpers/tap-tree.js';
import { copyTree, programs, standIn } from './flake-tree.js';
import { removeStore, SandboxedNix, type NixOutcome } from './sandboxed-nix.js';
import { nixForTests } from './unpack-nix.js';

// Builds and boots under emulation, on few cores shared with others.
t.setTimeout(30 * 60 * 1000);

const directory = await realpath(await mkdtemp(join(tmpdir(), 'tapboot-flake-')));
t.teardown(() => removeStore(directory));
const flake = join(directory, 'flake');
const pinned = join(directory, 'nixpkgs');
await copyTree(flake);
await standIn(pinned);

const unpacked = await nixForTests(userCacheDirectory({ HOME: homedir(), ...process.env }));
const { stdout: registry } = await execa('npm', ['config', 'get', 'registry'], { cwd: tmpdir() });
const nix = await SandboxedNix.make(unpacked, {
  directory: join(directory, 'nix'),
  env: { npm_config_registry: registry },
});

const inputs = ['--override-input', 'nixpkgs', `path:${pinned}`, '--no-write-lock-file'];
const consumerInputs = [
  ...['--override-input', 'tapboot', `path:${flake}`],
  ...['--override-input', 'nixpkgs', `path:${pinned}`],
  ...['--override-input', 'tapboot/nixpkgs', `path:${pinned}`, '--no-write-lock-file'],
];

/** Runs nix, and shows in the log of the tests how long it took. */
async function timed(
  t: Test,
  what: string,
  args: readonly string[],
  cwd?: string,
): Promise<NixOutcome> {
  const started = performance.now();
  const outcome = await nix.run(args, cwd === undefined ? {} : { cwd });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  t.comment(`${what}: exit code ${String(outcome.exitCode)}, ${seconds} s`);
  return outcome;
}

const tail = ({ stderr }: NixOutcome): string => stderr.split('\n').slice(-60).join('\n');

/** Asserts how a command ended; shows the end of its log when it did not end so. */
function ended(t: Test, outcome: NixOutcome, well: boolean): void {
  if (t.equal(outcome.exitCode === 0, well, well ? 'it succeeds' : 'it fails')) return;
  t.comment(`${outcome.stdout.slice(-2000)}\n${tail(outcome)}`);
}

/** Asserts that a log says something, without repeating the log when it does not. */
function says(t: Test, log: string, pattern: RegExp | string): void {
  t.ok(typeof pattern === 'string' ? log.includes(pattern) : pattern.test(log), String(pattern));
}

/** The store path of what an attribute of a flake builds, which is there already or is built. */
async function built(attribute: string, of = flake, overrides = inputs): Promise<string> {
  const args = ['build', `path:${of}#${attribute}`, ...overrides, '--no-link', '--print-out-paths'];
  const outcome = await nix.run(args);
  if (outcome.exitCode !== 0) throw new Error(tail(outcome));
  return outcome.stdout.trim();
}

t.test('the sandbox is on, has no /etc of the host, and cannot write to /usr', async (t) => {
  const { stdout } = await nix.run(['--version']);
  t.comment(stdout);
  const expression = `derivation {
    name = "look"; system = "x86_64-linux"; builder = "/bin/sh";
    args = [ "-c" "PATH=/usr/bin; { ls /etc; touch /usr/x 2>&1; ls ${projectRoot} 2>&1; cat /proc/net/dev; } > $out; exit $?" ];
  }`;
  await writeFile(join(directory, 'look.nix'), expression);
  const args = ['build', '--file', join(directory, 'look.nix'), '--no-link', '--print-out-paths'];
  const outcome = await nix.run(args);
  ended(t, outcome, true);
  const seen = await readFile(outcome.stdout.trim(), 'utf8');
  t.match(seen, /^group\nhosts\npasswd\n/, 'three files that nix made itself');
  t.match(seen, /touch: .*Read-only file system/);
  t.match(seen, /ls: cannot access/, 'the tree of this test is not there');
  t.notMatch(seen, /^ *(?!lo:)\w+: +\d/m, 'there is no network but loopback');
  t.notMatch(await readFile('/etc/passwd', 'utf8'), /nixbld:x:1000.*Nix build user/);
});

t.test('nix flake check builds everything and boots all scenarios', async (t) => {
  // One check that fails must not keep the others from being seen.
  const args = ['flake', 'check', '-L', '--keep-going', `path:${flake}`, ...inputs];
  const outcome = await timed(t, 'nix flake check', args);
  ended(t, outcome, true);
  for (const check of ['lint', 'scenarios', 'vmTests']) {
    says(t, outcome.stderr, `checking derivation checks.x86_64-linux.${check}`);
  }
  says(t, outcome.stderr, /building '.*-tapboot-npm-tarballs\.drv'/);
  says(t, outcome.stderr, /tapboot-scenarios> 4 scenarios, 1 plan, no problem/);
  says(t, outcome.stderr, /tapboot-lint> ok {3}eslint/);

  const check = await built('checks.x86_64-linux.vmTests');
  const report = await realpath(join(check, 'report'));
  const tap = await readFile(join(report, 'report.tap'), 'utf8');
  for (const line of tap.split('\n').filter((line) => /^(not ok|ok|# )/.test(line)))
    t.comment(line);
  const tree = tapTree(tap);
  t.equal(tree.ok, true);
  t.match(tap, /^1\.\.4$/m, 'all four scenarios');
  t.equal(
    tap.match(/^(?: {4})?# boot: booted \S+ \(/gm)?.length,
    3,
    'one boot a shape, one to bring back',
  );
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
  for (const name of [
    'total_seconds',
    'boot_to_ssh_seconds',
    'scenario.removes-raid-lvm-residue',
  ]) {
    t.ok(
      metrics.some((line) => line.startsWith(name)),
      name,
    );
  }
}

t.test('nix run and nix develop', async (t) => {
  const list = await timed(t, 'nix run . -- list', [
    'run',
    `path:${flake}`,
    ...inputs,
    '--',
    'list',
  ]);
  ended(t, list, true);
  t.match(list.stdout, /^removes-raid-lvm-residue /m);

  // A checkout to work in, with nothing installed.
  const work = join(directory, 'work');
  await cp(flake, work, { recursive: true });
  await programs(join(directory, 'bin'), { nix: nix.program });
  const develop = (...command: string[]): string[] => [
    ...['develop', `path:${flake}`, ...inputs, '-c', 'env'],
    ...[`PATH_OF_NIX=${join(directory, 'bin')}`, 'sh', '-c', 'PATH=$PATH:$PATH_OF_NIX "$@"', 'sh'],
    ...command,
  ];
  const look =
    'readlink node_modules; for p in qemu-system-x86_64 mdadm lvm node; do command -v $p; done; printenv TAPBOOT_IMAGE';
  const shell = await timed(t, 'nix develop', develop('sh', '-c', look), work);
  ended(t, shell, true);
  for (const line of shell.stdout.trim().split('\n')) t.match(line, nix.store, 'from the store');
  t.match(shell.stdout, /^nix:.*\.drv\^out$/m, 'the flake’s own image is the default one');

  const tests = ['test/unit/errors.test.ts', 'test/unit/qemu/qmp.test.ts'];
  const npmTest = await timed(
    t,
    'nix develop -c npm test',
    develop('npm', 'test', '--', ...tests),
    work,
  );
  ended(t, npmTest, true);
  t.match(npmTest.stdout, /^[1-9]\d* passed, 0 failed$/m);
  t.notOk(/npm ci|apt-get/.test(npmTest.stderr), 'nothing was installed');
  t.equal((await realpath(join(work, 'node_modules'))).startsWith(nix.store), true);

  const info = await timed(
    t,
    'the image of the shell',
    develop('bin/tapboot', 'image', 'info'),
    work,
  );
  ended(t, info, true);
  t.match(info.stdout, /store_path: .*-stand-in-image/);
});

t.test('a consumer: one line in its checks', async (t) => {
  const text = await readFile(join(projectRoot, 'test/nix/consumer/flake.nix'), 'utf8');
  t.ok(text.trim().split('\n').length <= 20, 'twenty lines at most');
  const consumer = join(directory, 'consumer');
  await cp(join(projectRoot, 'test/nix/consumer'), consumer, { recursive: true });
  const check = ['flake', 'check', '-L', `path:${consumer}`, ...consumerInputs];
  const passed = await timed(t, 'a consumer’s nix flake check', check);
  ended(t, passed, true);
  says(t, passed.stderr, /vm-tests-report> ok 1 - The machine answers/);

  // One of its scenarios does not hold: the check fails, and the report is kept.
  const scenarios = join(consumer, 'scenarios');
  await cp(join(projectRoot, 'test/nix/verdicts/product-fails.yaml'), join(scenarios, 'x.yaml'));
  const failed = await timed(t, '… with a scenario that fails', check);
  ended(t, failed, false);
  const kept = /FAILED\. TAP, logs and metadata are kept: (\S+)/.exec(failed.stderr)?.[1] ?? '';
  t.comment(`kept: ${kept}`);
  t.match(kept, nix.store);
  const tap = await readFile(join(kept, 'report.tap'), 'utf8');
  t.match(tap, /^ok \d - The machine answers$/m);
  t.match(tap, /^not ok \d - An expectation that does not hold$/m);
  t.match(tap, /class: "product"/);
  t.ok(existsSync(join(kept, 'nix-support/failed')), 'Hydra would mark it as failed');
  says(t, failed.stderr, /vm-tests> not ok \d - An expectation/);

  // A guest that dies is no verdict: the build itself fails, with the evidence in its log.
  await cp(join(projectRoot, 'test/nix/verdicts/guest-dies.yaml'), join(scenarios, 'x.yaml'));
  const died = await timed(t, '… with a guest that dies', check);
  ended(t, died, false);
  says(t, died.stderr, /vm-tests-report> --- the end of serial\.log/);
  says(t, died.stderr, /vm-tests-report> .*Kernel panic - not syncing/);
  says(t, died.stderr, /status 3: this is no verdict on the image, and nothing is kept/);
  t.notOk(died.stderr.includes('FAILED. TAP'), 'the gate was not reached');
});

t.test('the template', async (t) => {
  const place = join(directory, 'template');
  await programs(place, {});
  const init = await nix.run(['flake', 'init', '--template', `path:${flake}`], {
    cwd: place,
  });
  ended(t, init, true);
  const outcome = await timed(t, 'the template’s nix flake check', [
    ...['flake', 'check', '-L', `path:${place}`, ...consumerInputs],
  ]);
  ended(t, outcome, true);
  says(t, outcome.stderr, /vm-tests-report> ok 1 - The image boots and has its tools/);
});

t.test('lock and pinned hash part, and it is seen', async (t) => {
  const hash = (tree: string, ...args: string[]) =>
    execa('node', [join(tree, 'nix/npm/hash.mjs'), ...args], { reject: false });
  t.equal((await hash(flake, '--lock-only')).exitCode, 0, 'as committed, they are one');
  const tree = join(directory, 'parted');
  await cp(flake, tree, { recursive: true });
  const lock = join(tree, 'package-lock.json');
  const text = await readFile(lock, 'utf8');
  await writeFile(
    lock,
    text.replace(/"integrity": "sha512-[A-Za-z0-9]{6}/, (found) => `${found.slice(0, -6)}AAAAAA`),
  );
  const parted = await hash(tree, '--lock-only');
  t.equal(parted.exitCode, 1);
  t.match(parted.stderr, /package-lock\.json has changed since the hash was computed/);
  t.match(parted.stderr, /next: npm run nix:hash/);
});
