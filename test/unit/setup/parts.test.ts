import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { userCacheDirectory } from '../../../driver/config/cache-directory.js';
import { load } from './load.js';

interface Refusal extends Error {
  code: string;
  exitCode: number;
  describe(): string;
}

const caught = (work: () => unknown): Refusal => {
  try {
    work();
  } catch (error) {
    return error as Refusal;
  }
  throw new Error('nothing was thrown');
};

t.test('versions are compared by number, not by text', async (t) => {
  const { atLeast } = await load<{ atLeast(a: string, b: string): boolean }>('node-version.mjs');
  t.ok(atLeast('20.10.0', '20.10'));
  t.ok(atLeast('20.20.2', '20.10'));
  t.ok(atLeast('22.0.0', '20.10'));
  t.notOk(atLeast('20.9.9', '20.10'));
  t.notOk(atLeast('18.20.0', '20.10'));
});

t.test('an old Node is refused with what is needed', async (t) => {
  const { checkNodeVersion } = await load<{ checkNodeVersion(v?: string): string }>(
    'node-version.mjs',
  );
  t.equal(checkNodeVersion(), `Node ${process.versions.node}`);
  const error = caught(() => checkNodeVersion('18.20.4'));
  t.equal(error.code, 'TAPBOOT_E_NODE_VERSION');
  t.equal(error.exitCode, 4);
  t.match(error.describe(), /Node 18\.20\.4 is too old: tapboot needs 20\.19 or newer/);
});

interface DiskSpace {
  cacheDirectory(env: Record<string, string>): string;
  checkDiskSpace(needs: { path: string; bytes: number; what: string }[]): string;
}

t.test('too little room is refused before anything is written', async (t) => {
  const { checkDiskSpace } = await load<DiskSpace>('disk-space.mjs');
  const path = join(t.testdir({}), 'not', 'there', 'yet');
  t.match(checkDiskSpace([{ path, bytes: 1, what: 'for a test' }]), /free, 0 MiB needed/);
  // Neither alone is what is asked for together.
  const half = 2 ** 59;
  const error = caught(() =>
    checkDiskSpace([
      { path, bytes: half, what: 'for this' },
      { path, bytes: half, what: 'for that' },
    ]),
  );
  t.equal(error.code, 'TAPBOOT_E_DISK_SPACE');
  t.match(error.describe(), /free, 1073741824\.0 GiB needed: .* for this in .* \+ .* for that in /);
  t.match(error.describe(), /next: .*XDG_CACHE_HOME/);
});

t.test('set-up and driver agree on the cache directory', async (t) => {
  const { cacheDirectory } = await load<DiskSpace>('disk-space.mjs');
  for (const env of [
    { XDG_CACHE_HOME: '/x/cache', HOME: '/home/a' },
    { XDG_CACHE_HOME: '', HOME: '/home/a' },
    { XDG_CACHE_HOME: 'relative', HOME: '/home/a' },
    { HOME: '/root' },
  ] as Record<string, string>[]) {
    t.equal(cacheDirectory(env), userCacheDirectory(env), JSON.stringify(env));
  }
  t.equal(caught(() => cacheDirectory({})).code, 'TAPBOOT_E_CACHE_DIRECTORY');
  t.throws(() => userCacheDirectory({}), { code: 'TAPBOOT_E_CACHE_DIRECTORY' });
});

interface Entry {
  name: string;
  for: string;
  reason: string;
  commands: string[];
  files: string[][];
}
interface HostPackages {
  packagesFor(purpose: string): Entry[];
  missingOf(entry: Entry, options: { path: string; commandsOnly?: boolean }): string[];
  isDebianLike(text: string): boolean;
}

t.test('every host package has a reason and a proof of presence', async (t) => {
  const { packagesFor } = await load<HostPackages>('host-packages.mjs');
  const all = packagesFor('test');
  const run = packagesFor('run');
  t.ok(run.length > 0 && run.length < all.length, 'a run needs less than the tests');
  t.equal(new Set(all.map(({ name }) => name)).size, all.length, 'no package twice');
  for (const entry of all) {
    t.ok(entry.reason.length > 10, `${entry.name}: reason`);
    t.ok(entry.commands.length + entry.files.length > 0, `${entry.name}: proof`);
  }
});

t.test('what of a package is missing is said by name', async (t) => {
  const { missingOf } = await load<HostPackages>('host-packages.mjs');
  const directory = t.testdir({});
  const tool = join(directory, 'tapboot-test-tool');
  const file = join(directory, 'some-file');
  const entry = {
    name: 'x',
    for: 'run',
    reason: 'for a test',
    commands: ['tapboot-test-tool'],
    files: [[file, join(directory, 'the-other')]],
  };
  t.same(missingOf(entry, { path: directory }), ['tapboot-test-tool', file]);
  await writeFile(tool, '#!/bin/sh\n');
  t.same(missingOf(entry, { path: directory }), ['tapboot-test-tool', file], 'not executable');
  await chmod(tool, 0o755);
  await mkdir(join(directory, 'the-other'));
  t.same(missingOf(entry, { path: directory }), [], 'one file of the list is enough');
  const elsewhere = { ...entry, files: [['/nowhere']] };
  t.same(missingOf(elsewhere, { path: directory, commandsOnly: true }), []);
});

t.test('Debian and its relatives are told by os-release', async (t) => {
  const { isDebianLike } = await load<HostPackages>('host-packages.mjs');
  t.ok(isDebianLike('NAME="Debian"\nID=debian\n'));
  t.ok(isDebianLike('ID=linuxmint\nID_LIKE="ubuntu debian"\n'));
  t.ok(isDebianLike("ID=pop\nID_LIKE='ubuntu'\n"));
  t.notOk(isDebianLike('ID=nixos\nHOME_URL="https://debian.example"\n'));
  t.notOk(isDebianLike('ID=fedora\nID_LIKE=rhel\nVARIANT_ID=debian\n'));
  t.notOk(isDebianLike(''));
});

t.test('node_modules is current when it is what the lock asks for', async (t) => {
  const { sameAsLock } = await load<{ sameAsLock(lock: object, installed: object): boolean }>(
    'node-packages.mjs',
  );
  const a = { version: '1.0.0', integrity: 'sha512-a' };
  const other = { version: '2.0.0', integrity: 'sha512-o', optional: true };
  const lock = { packages: { '': {}, 'node_modules/a': a, 'node_modules/other': other } };
  t.ok(sameAsLock(lock, { packages: { 'node_modules/a': a, 'node_modules/other': other } }));
  t.ok(sameAsLock(lock, { packages: { 'node_modules/a': a } }), 'optional ones may be absent');
  t.notOk(sameAsLock(lock, { packages: {} }), 'one is missing');
  t.notOk(sameAsLock(lock, { packages: { 'node_modules/a': { ...a, version: '1.0.1' } } }));
  t.notOk(sameAsLock(lock, { packages: { 'node_modules/a': { ...a, integrity: 'sha512-b' } } }));
  t.notOk(sameAsLock(lock, { packages: { 'node_modules/a': a, 'node_modules/b': a } }), 'extra');
});

t.test('the image that the arguments of a run name', async (t) => {
  const { imageOf } = await load<{ imageOf(args: string[]): string | undefined }>(
    'image-packages.mjs',
  );
  t.equal(imageOf([]), undefined);
  t.equal(imageOf(['x', '--image', 'debian:iso', '--fresh']), 'debian:iso');
  t.equal(imageOf(['--image=file:kernel=k,initrd=i']), 'file:kernel=k,initrd=i');
  t.equal(imageOf(['--image']), undefined, 'a mistake, which the run tells of');
});

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}
interface Lock {
  packages: Record<string, object>;
}

t.test(
  'packages of a run: the named ones, and what they depend on where Node finds it',
  async (t) => {
    const { onlyPackages } = await load<{
      onlyPackages(of: Manifest, lock: Lock, names: string[]): { manifest: Manifest; lock: Lock };
    }>('run-packages.mjs');
    const manifest = { dependencies: { a: '1' }, devDependencies: { '@s/b': '1', tool: '1' } };
    const packages = {
      '': manifest,
      'node_modules/a': { dependencies: { c: '2', d: '1' } },
      'node_modules/a/node_modules/c': { dependencies: { d: '1' } },
      'node_modules/c': {},
      'node_modules/d': { optionalDependencies: { native: '1', absent: '1' } },
      'node_modules/native': { optional: true },
      'node_modules/@s/b': { dependencies: { c: '1' } },
      'node_modules/tool': { dependencies: { e: '1' } },
      'node_modules/e': {},
    };
    const few = onlyPackages(manifest, { packages }, ['a']);
    t.same(few.manifest, { dependencies: { a: '1' }, devDependencies: {} });
    t.same(few.lock.packages[''], few.manifest, 'npm ci refuses a lock that says otherwise');
    t.same(Object.keys(few.lock.packages).slice(1), [
      'node_modules/a',
      'node_modules/a/node_modules/c',
      'node_modules/d',
      'node_modules/native',
    ]);
    const more = onlyPackages(manifest, { packages }, ['a', '@s/b']);
    t.ok('node_modules/c' in more.lock.packages && !('node_modules/e' in more.lock.packages));
    t.same(more.manifest.devDependencies, { '@s/b': '1' });
  },
);

t.test('arguments of npm test', async (t) => {
  const { testOptions } = await load<{ testOptions(args: string[]): Record<string, unknown> }>(
    'test-options.mjs',
  );
  const all = ['lint', 'types', 'unit', 'vm', 'nix'];
  t.match(testOptions([]), { stages: all, files: [], mayInstall: true, help: false });
  t.match(testOptions(['--vm', '--lint', '--no-install']), {
    stages: ['vm', 'lint'],
    mayInstall: false,
  });
  t.match(testOptions(['test/a.test.ts']), {
    stages: ['unit', 'vm', 'nix'],
    files: ['test/a.test.ts'],
  });
  const error = caught(() => testOptions(['--unti']));
  t.equal(error.code, 'TAPBOOT_E_USAGE');
  t.equal(error.exitCode, 2);
});
