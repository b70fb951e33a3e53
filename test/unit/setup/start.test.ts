import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, type Options, type ResultPromise } from 'execa';
import t, { type Test } from 'tap';
import { copyOfTree, type Outcome } from './copy-of-tree.js';
import { root } from './load.js';

/** A directory that every user may enter and write to, unlike `t.testdir()`. */
async function publicDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tapboot-test-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o777);
  return directory;
}

/** A PATH with what set-up itself needs, and no QEMU or other host tool. */
async function barePath(t: Test): Promise<string> {
  const directory = await publicDirectory(t);
  for (const name of ['node', 'npm', 'sh', 'flock', 'env', 'readlink', 'dirname']) {
    const { stdout } = await execa('sh', ['-c', 'readlink -f "$(command -v "$0")"', name]);
    await symlink(stdout, join(directory, name));
  }
  return directory;
}

const NO_OPTIONS = ['-u', 'NODE_OPTIONS'];

// Not execaNode: it puts the directory of node, and so of QEMU, back on the PATH.
const setup = async (
  tree: string,
  args: string[],
  options: Pick<Options, 'env' | 'uid' | 'gid'> = {},
): Promise<Outcome> =>
  // Without what the test runner has every node load: it may lie where only root can read, in /root.
  execa('/usr/bin/env', [...NO_OPTIONS, process.execPath, join(tree, 'bin/setup.mjs'), ...args], {
    reject: false,
    cwd: tree,
    ...options,
  });

t.test('start runs `tapboot run` with its arguments, and stdout is the run’s alone', async (t) => {
  const tree = await copyOfTree(t);
  const { stdout, stderr, exitCode } = await execa(
    'npm',
    ['start', '--', '--tap-version', '13', 'my scenario', '--no-install'],
    { cwd: tree, reject: false },
  );
  t.equal(exitCode, 0, stderr);
  t.equal(stdout, '["run","--tap-version","13","my scenario","--no-install"]');
  t.match(stderr, /set-up: build/);
});

t.test('the exit code of the run passes through npm', async (t) => {
  const main = 'export const main = (): void => {\n  process.exitCode = 75;\n};\n';
  const tree = await copyOfTree(t, { 'driver/cli/main.ts': main });
  const { exitCode, stdout } = await execa('npm', ['start'], { cwd: tree, reject: false });
  t.equal(exitCode, 75);
  t.equal(stdout, '');
});

t.test('without leave to install, missing packages are named with the command', async (t) => {
  const tree = await copyOfTree(t);
  const PATH = await barePath(t);
  const { exitCode, stdout, stderr } = await setup(tree, ['start', '--no-install'], {
    env: { PATH, IN_NIX_SHELL: '', TAPBOOT_NIX_SHELL: '' },
  });
  t.equal(exitCode, 4);
  t.equal(stdout, '');
  t.match(
    stderr,
    /host packages are missing, and --no-install was given \[TAPBOOT_E_HOST_PACKAGES\]/,
  );
  t.match(
    stderr,
    /qemu-system-x86: emulates the machine under test \(missing: qemu-system-x86_64\)/,
  );
  t.match(stderr, /next: .*apt-get install --no-install-recommends qemu-system-x86 qemu-utils/);
  t.notMatch(stderr, /shellcheck/, 'a run does not need what only the tests need');
});

t.test('in a Nix shell nothing is installed, also by root', async (t) => {
  const tree = await copyOfTree(t);
  const PATH = await barePath(t);
  for (const env of [
    { IN_NIX_SHELL: 'impure', TAPBOOT_NIX_SHELL: '' },
    { IN_NIX_SHELL: '', TAPBOOT_NIX_SHELL: '1' },
  ]) {
    const { exitCode, stderr } = await setup(tree, ['start'], { env: { PATH, ...env } });
    t.equal(exitCode, 4);
    t.match(stderr, /nothing is installed in a Nix shell/);
    t.match(stderr, /missing: qemu-system-x86_64/);
    t.notMatch(stderr, /apt-get/);
    t.notMatch(stderr, /OVMF/, 'files lie elsewhere there');
  }
});

t.test('who is not root gets the command to run as root', async (t) => {
  if (process.getuid?.() !== 0) return t.pass('the tests themselves do not run as root');
  const tree = await copyOfTree(t);
  const PATH = await barePath(t);
  const cache = await publicDirectory(t);
  await chmod(tree, 0o777);
  const { exitCode, stderr } = await setup(tree, ['start'], {
    uid: 65534,
    gid: 65534,
    env: { PATH, IN_NIX_SHELL: '', TAPBOOT_NIX_SHELL: '', XDG_CACHE_HOME: cache },
  });
  t.equal(exitCode, 4);
  t.match(stderr, /you are not root|this host is not Debian-like/);
  t.match(stderr, /next: .*as root: apt-get update && apt-get install/);
});

t.test('a failing npm ci shows npm’s own words', async (t) => {
  const lock = JSON.stringify({
    name: 'tapboot',
    lockfileVersion: 3,
    packages: {
      '': { name: 'tapboot', dependencies: { 'not-to-be-had': '1.0.0' } },
      'node_modules/not-to-be-had': { version: '1.0.0', integrity: 'sha512-AAAA' },
    },
  });
  const manifest = {
    name: 'tapboot',
    type: 'module',
    engines: { node: '>=20.10' },
    dependencies: { 'not-to-be-had': '1.0.0' },
  };
  const tree = await copyOfTree(
    t,
    { 'package-lock.json': lock, 'package.json': JSON.stringify(manifest) },
    { linked: false },
  );
  const env = { npm_config_offline: 'true', npm_config_cache: t.testdir({}) };
  const { exitCode, stderr, stdout } = await execa(join(tree, 'bin/tapboot'), ['x'], {
    reject: false,
    env,
  });
  t.equal(exitCode, 4);
  t.equal(stdout, '');
  t.match(stderr, /npm ci failed with status 1 \[TAPBOOT_E_NPM_CI\]/);
  t.match(stderr, /ENOTCACHED/);
  t.match(stderr, /next: /);
});

t.test('a cache directory that cannot be made is said before anything is installed', async (t) => {
  const tree = await copyOfTree(t);
  const file = join(t.testdir({ file: 'not a directory' }), 'file');
  const { exitCode, stderr } = await setup(tree, ['start'], { env: { XDG_CACHE_HOME: file } });
  t.equal(exitCode, 4);
  t.match(stderr, /TAPBOOT_E_CACHE_DIRECTORY/);
  t.notOk((await readdir(tree)).includes('dist'));
});

t.test('a wrong word after setup.mjs is a usage error', async (t) => {
  const tree = await copyOfTree(t);
  for (const args of [[], ['strat'], ['constructor']]) {
    const { exitCode, stderr, stdout } = await setup(tree, args);
    t.equal(exitCode, 2);
    t.match(stderr, /usage: node bin\/setup\.mjs start\|test\|prepare/);
    t.equal(stdout, '');
  }
});

t.test('a signal reaches the child, and ends us by the same signal', async (t) => {
  const tree = await copyOfTree(t);
  const state = t.testdir({});
  const script = join(tree, 'bin/wait.mjs');
  await writeFile(
    script,
    `import { runChild } from './setup/run-child.mjs';
     const shell = 'trap "echo got-term > ended; exit 7" TERM; echo ready; sleep 60 & wait';
     await runChild('sh', ['-c', shell], { cwd: ${JSON.stringify(state)},
       onStdout: () => process.stdout.write('ready') });
     process.stdout.write('went on');`,
  );
  const child = execa(process.execPath, [script], { reject: false });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGTERM');
  const { signal, stdout } = await child;
  t.equal(signal, 'SIGTERM');
  t.equal(stdout, 'ready');
  t.same(await readdir(state), ['ended'], 'the child ended in its own way');
});

t.test('a program that cannot be started is status 127 with the reason', async (t) => {
  const tree = await copyOfTree(t);
  const script = join(tree, 'bin/missing.mjs');
  await writeFile(
    script,
    `import { runChild } from './setup/run-child.mjs';
     process.stdout.write(JSON.stringify(await runChild('/no/such/program', [])));`,
  );
  const { stdout } = await execa(process.execPath, [script]);
  const result = JSON.parse(stdout) as { status: number; output: string };
  t.equal(result.status, 127);
  t.match(result.output, /ENOENT/);
});

/** Installing as root is what these are about. */
const INSTALLING = {
  skip:
    process.getuid?.() === 0 && existsSync('/etc/debian_version') ? false : 'not root on Debian',
} as const;

/**
 * A clone without node_modules on a host that lacks one package, with stand-ins for apt-get and
 * npm: shell scripts whose first words are said. `await_file NAME` waits for what the other one
 * has done; `on SIGNAL NAME` leaves the file NAME, waits for a signal, and leaves a file that says so.
 */
async function freshClone(
  t: Test,
  scripts: { apt: string; npm: string },
  files: Record<string, string> = {},
): Promise<{ tree: string; state: string; run: (...args: string[]) => ResultPromise }> {
  const lacked = {
    name: 'lacked',
    for: 'run',
    reason: 'is needed by this test alone',
    commands: ['lacked'],
    files: [],
  };
  const tree = await copyOfTree(
    t,
    { 'bin/host-packages.json': JSON.stringify({ packages: [lacked] }), ...files },
    { linked: false },
  );
  const path = await barePath(t);
  const state = await publicDirectory(t);
  const head = `#!/bin/sh
cwd=$PWD
cd '${state}'
await_file() {
  tries=0
  until [ -e "$1" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 1200 ] || { echo "$1 has not come" >&2; exit 9; }
    sleep 0.05
  done
}
on() {
  trap ': >"$name-got-$1"; exit 1' "$1"
  : >"$2"
  while :; do sleep 0.05; done
}
echo "$*" >>"$name-calls"
`;
  const packages = join(root, 'node_modules');
  const programs = {
    'apt-get': `${scripts.apt}\nln -s /bin/true '${path}/lacked'`,
    npm: `${scripts.npm}\nmkdir "$cwd/node_modules" && ln -s '${packages}'/* "$cwd/node_modules"`,
  };
  for (const [name, script] of Object.entries(programs)) {
    const file = join(path, name);
    await rm(file, { force: true });
    await writeFile(file, `${head.replaceAll('$name', name)}${script}\n`, { mode: 0o755 });
  }
  for (const name of ['sleep', 'mkdir', 'ln']) await symlink(`/bin/${name}`, join(path, name));
  await symlink('/usr/bin/wc', join(path, 'wc'));
  const env = { PATH: path, IN_NIX_SHELL: '', TAPBOOT_NIX_SHELL: '', XDG_CACHE_HOME: state };
  const script = join(tree, 'bin/setup.mjs');
  return {
    tree,
    state,
    run: (...args) => execa(process.execPath, [script, 'start', ...args], { reject: false, env }),
  };
}

t.test('apt-get and npm work side by side', INSTALLING, async (t) => {
  const { state, run } = await freshClone(t, {
    // Each waits for the other: one behind the other they would never end.
    apt: ': >apt; await_file npm',
    npm: ': >npm; await_file apt',
  });
  const { exitCode, stdout, stderr } = await run('x');
  t.equal(exitCode, 0, String(stderr));
  t.equal(stdout, '["run","x"]');
  t.match(stderr, /^set-up: host packages: installed \([\d.]+ s\)$/m);
  t.match(stderr, /^set-up: node packages: those of a run installed by npm ci \([\d.]+ s\)$/m);
  t.match(stderr, /^set-up: build: /m);
  t.match(await readFile(join(state, 'apt-get-calls'), 'utf8'), /install .* lacked\n$/);
});

/** A driver that says what it was called with, where apt-get waits for it. */
const FETCHING = `import { existsSync, writeFileSync } from 'node:fs';
export async function main(argv: readonly string[]): Promise<void> {
  const state = process.env['XDG_CACHE_HOME'];
  if (argv[0] !== 'image') return console.log('runs');
  writeFileSync(state + '/fetching', argv.join(' ') + ' ' + existsSync(state + '/lists'));
  if (existsSync(state + '/fails')) throw new Error('no route to the archive');
}
`;

/** apt-get on a host without package lists; the second install waits for the image's packages. */
const APT = `case $(wc -l <apt-get-calls) in
  1) exit 100 ;;
  2) : >lists; exit 0 ;;
esac
await_file fetching`;

t.test(
  'the image’s packages come once there are lists, beside those of the host',
  INSTALLING,
  async (t) => {
    const driver = { 'driver/cli/main.ts': FETCHING };
    const { state, run } = await freshClone(t, { apt: APT, npm: '' }, driver);
    const { exitCode, stdout, stderr } = await run('--image', 'debian:iso');
    t.equal(exitCode, 0, String(stderr));
    t.equal(stdout, 'runs', 'stdout is the run’s alone');
    t.equal(await readFile(join(state, 'fetching'), 'utf8'), 'image fetch debian:iso true');
    t.match(stderr, /^set-up: image packages: downloaded \(/m);
  },
);

t.test('what cannot be downloaded then is left to the run', INSTALLING, async (t) => {
  const driver = { 'driver/cli/main.ts': FETCHING };
  const { tree, state, run } = await freshClone(t, { apt: APT, npm: '' }, driver);
  await writeFile(join(state, 'fails'), '');
  const { exitCode, stdout, stderr } = await run();
  t.equal(exitCode, 0);
  t.equal(stdout, 'runs');
  t.match(
    stderr,
    /^set-up: image packages: left to the run; what went wrong is in \S+image-fetch.log \(/m,
  );
  t.match(
    await readFile(join(tree, '.setup/logs/image-fetch.log'), 'utf8'),
    /no route to the archive/,
  );
});

t.test('when apt-get fails, npm is ended, and apt’s own words are told', INSTALLING, async (t) => {
  const { state, run } = await freshClone(t, {
    apt: 'await_file npm; echo "E: no route to the archive" >&2; exit 100',
    npm: 'on TERM npm',
  });
  const { exitCode, stdout, stderr } = await run();
  t.equal(exitCode, 4);
  t.equal(stdout, '');
  t.match(stderr, /apt-get update failed.*\[TAPBOOT_E_APT\]\n {2}\| E: no route to the archive/);
  t.match(stderr, /^set-up: host packages: failed \(/m);
  t.match(stderr, /^set-up: node packages: stopped \(/m);
  t.notMatch(stderr, /NPM_CI/, 'what is no failure of its own is not told as one');
  t.ok((await readdir(state)).includes('npm-got-TERM'));
});

t.test('when npm fails, apt-get is ended as dpkg can bear it', INSTALLING, async (t) => {
  const { state, run } = await freshClone(t, {
    apt: 'on INT apt',
    npm: 'await_file apt; echo "npm error: no route to the registry" >&2; exit 1',
  });
  const { exitCode, stderr } = await run();
  t.equal(exitCode, 4);
  t.match(stderr, /npm ci failed with status 1 \[TAPBOOT_E_NPM_CI\]\n {2}\| npm error: no route/);
  t.match(stderr, /^set-up: node packages: failed \(/m);
  t.match(stderr, /^set-up: host packages: stopped \(/m);
  t.notMatch(stderr, /TAPBOOT_E_APT/);
  const left = await readdir(state);
  t.ok(left.includes('apt-get-got-INT'));
  t.match(
    await readFile(join(state, 'apt-get-calls'), 'utf8'),
    /^[^\n]*\n$/,
    'and not tried again',
  );
});

t.test('a signal ends both, and nothing begins behind it', INSTALLING, async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const name = signal.slice(3);
    const { tree, state, run } = await freshClone(t, {
      apt: `on ${name} apt`,
      npm: `on ${name} npm`,
    });
    const going = run();
    while (!existsSync(join(state, 'apt')) || !existsSync(join(state, 'npm'))) await sleep(20);
    going.kill(signal);
    const { signal: by, stdout } = await going;
    t.equal(by, signal, 'it ends by the signal itself');
    t.equal(stdout, '');
    const left = await readdir(state);
    t.ok(left.includes(`apt-get-got-${name}`) && left.includes(`npm-got-${name}`), name);
    t.match(await readFile(join(state, 'apt-get-calls'), 'utf8'), /^[^\n]*\n$/, 'one call of apt');
    t.notOk(existsSync(join(tree, 'dist')), 'nothing is built');
  }
});

t.test('where packages are missing and may not be installed, npm does not begin', async (t) => {
  const { state, run } = await freshClone(t, { apt: '', npm: '' });
  const { exitCode, stderr } = await run('--no-install');
  t.equal(exitCode, 4);
  t.match(stderr, /TAPBOOT_E_HOST_PACKAGES/);
  t.notOk((await readdir(state)).some((name) => name.endsWith('-calls')));
});

/** Packages of a lock: one that a run needs, with one of its own below it, and one of the tests. */
const LOCKED = {
  'package.json': JSON.stringify({
    name: 'tapboot',
    type: 'module',
    engines: { node: '>=20.10' },
    dependencies: { runs: '1.0.0' },
    devDependencies: { esbuild: '1.0.0', tests: '1.0.0' },
  }),
  'package-lock.json': JSON.stringify({
    name: 'tapboot',
    lockfileVersion: 3,
    packages: {
      '': {
        name: 'tapboot',
        dependencies: { runs: '1.0.0' },
        devDependencies: { esbuild: '1.0.0', tests: '1.0.0' },
      },
      'node_modules/runs': { version: '1.0.0', integrity: 'sha512-a' },
      'node_modules/esbuild': { version: '1.0.0', integrity: 'sha512-b', dev: true },
      'node_modules/tests': { version: '1.0.0', integrity: 'sha512-c', dev: true },
    },
  }),
};

t.test('a clone that only runs gets the packages of a run; tools get all of them', async (t) => {
  const tree = await copyOfTree(t, LOCKED, { linked: false });
  const path = await barePath(t);
  const calls = join(await publicDirectory(t), 'calls');
  await rm(join(path, 'npm'));
  const npm = `#!/bin/sh
echo "$PWD $(node -p "Object.keys(require('./package-lock.json').packages).slice(1).join()")" >>'${calls}'
mkdir -p node_modules && ln -sf '${join(root, 'node_modules')}'/* node_modules
`;
  await writeFile(join(path, 'npm'), npm, { mode: 0o755 });
  for (const name of ['mkdir', 'ln']) await symlink(`/bin/${name}`, join(path, name));
  const env = { PATH: path };
  const few = 'node_modules/runs,node_modules/esbuild';
  const all = `${few},node_modules/tests`;
  const called = async (): Promise<string[]> => {
    const text = existsSync(calls) ? await readFile(calls, 'utf8') : '';
    await rm(calls, { force: true });
    return text.replaceAll(`${tree}/`, '').replaceAll(tree, '.').trim().split('\n');
  };
  const tapboot = () => execa(join(tree, 'bin/tapboot'), ['x'], { env });

  t.equal((await tapboot()).stdout, '["x"]');
  t.same(await called(), [`.setup/run-packages ${few}`]);
  t.notOk(existsSync(join(tree, '.setup/run-packages')), 'what it was made from is gone');
  await tapboot();
  t.same(await called(), [''], 'they are there');

  await setup(tree, ['packages'], { env });
  t.same(await called(), [`. ${all}`], 'in place of the few');
  await setup(tree, ['packages'], { env });
  await tapboot();
  t.same(await called(), [''], 'all of them do for a run');

  const lock = await readFile(join(tree, 'package-lock.json'), 'utf8');
  await writeFile(join(tree, 'package-lock.json'), lock.replaceAll('1.0.0', '1.0.1'));
  await tapboot();
  t.same(await called(), [`. ${all}`], 'who had all of them keeps all of them');
});
