// The flake's view of package-lock.json: which tarballs it needs, under which names and what hash.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const root = join(import.meta.dirname, '../../..');

interface Entry {
  version?: string;
  name?: string;
  integrity?: string;
  resolved?: string;
  os?: string[];
  cpu?: string[];
  link?: boolean;
  inBundle?: boolean;
}
interface Lock {
  packages: Record<string, Entry & { dependencies?: Record<string, string> }>;
}
interface LockModule {
  wantedTarballs: (lock: Lock) => { spec: string; integrity: string; file: string }[];
  lockDigest: (lock: Lock) => string;
  offline: (
    manifest: Record<string, unknown>,
    lock: Lock,
    directory: string,
  ) => { manifest: Record<string, Record<string, string>>; lock: Lock };
}
const { wantedTarballs, lockDigest, offline } = (await import(
  new URL('../../../nix/npm/lock.mjs', import.meta.url).href
)) as LockModule;
const { flatDirectoryHash } = (await import(
  new URL('../../../nix/npm/nar-hash.mjs', import.meta.url).href
)) as { flatDirectoryHash: (directory: string) => string };

const integrity = (letter: string) => `sha512-${Buffer.alloc(64, letter).toString('base64')}`;
const lock: Lock = {
  packages: {
    '': { version: '1.0.0', dependencies: { a: '^1.0.0' } },
    'node_modules/a': { version: '1.0.0', integrity: integrity('a') },
    'node_modules/b/node_modules/@s/a': { version: '2.0.0', integrity: integrity('b') },
    'node_modules/alias': { name: 'real', version: '3.0.0', integrity: integrity('c') },
    'node_modules/again': { name: 'a', version: '1.0.0', integrity: integrity('a') },
    'node_modules/mac': { version: '1.0.0', integrity: integrity('d'), os: ['darwin'] },
    'node_modules/not-linux': { version: '1.0.0', integrity: integrity('e'), os: ['!linux'] },
    'node_modules/arm': { version: '1.0.0', integrity: integrity('f'), cpu: ['arm64'] },
    'node_modules/s390': { version: '1.0.0', integrity: integrity('g'), cpu: ['s390x'] },
    'node_modules/linked': { link: true },
    'node_modules/a/node_modules/carried': { version: '1.0.0', inBundle: true },
  },
};

t.test('what the flake’s platforms need, each content once', async (t) => {
  t.same(
    wantedTarballs(lock).map(({ spec }) => spec),
    ['a@1.0.0', '@s/a@2.0.0', 'real@3.0.0', 'arm@1.0.0'],
  );
  t.equal(wantedTarballs(lock)[0]?.file, `${'61'.repeat(64)}.tgz`, 'named by its SHA-512 in hex');
  const { 'node_modules/s390': _left, ...fewer } = lock.packages;
  t.equal(lockDigest({ packages: fewer }), lockDigest(lock), 'what is not fetched changes nothing');
  const { 'node_modules/arm': _right, ...other } = lock.packages;
  t.not(lockDigest({ packages: other }), lockDigest(lock));
});

t.test('what cannot be checked is refused', async (t) => {
  t.throws(() => wantedTarballs({ packages: { 'node_modules/x': { version: '1.0.0' } } }), {
    message: /names no integrity for node_modules\/x/,
  });
  const weak = { version: '1.0.0', integrity: 'sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=' };
  t.throws(() => wantedTarballs({ packages: { 'node_modules/x': weak } }), {
    message: /without SHA-512/,
  });
});

t.test('manifest and lock for an installation without a network', async (t) => {
  const made = offline({ name: 'x', dependencies: { a: '^1.0.0' } }, lock, '/store/t');
  const at = `file:/store/t/${'61'.repeat(64)}.tgz`;
  t.equal(made.manifest['dependencies']?.['a'], at);
  t.equal(made.lock.packages['']?.dependencies?.['a'], at, 'both say the same');
  t.equal(made.lock.packages['node_modules/again']?.resolved, at);
  t.notOk('resolved' in (made.lock.packages['node_modules/mac'] ?? {}), 'nothing is there for it');
  t.same(made.lock.packages['node_modules/linked'], { link: true });
});

t.test('the hash of a directory is the one that Nix computes', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tapboot-nar-'));
  t.teardown(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'b'), 'eight by');
  await writeFile(join(directory, 'a'), 'hello\n');
  await writeFile(join(directory, 'B'), '');
  // nix hash path, 2.26, of the same three files.
  t.equal(flatDirectoryHash(directory), 'sha256-XpwL7PZac9S2c50Mc5s0IDR/njqYiXDNbwvTh1Zcddc=');
});

t.test('package-lock.json and the hash written down for it are one', async (t) => {
  const check = await execa('node', [join(root, 'nix/npm/hash.mjs'), '--lock-only'], {
    reject: false,
  });
  t.equal(check.exitCode, 0, check.stderr);
  const pin = JSON.parse(await readFile(join(root, 'nix/npm/tarballs.json'), 'utf8')) as unknown;
  t.match(pin, { lock: /^[0-9a-f]{64}$/, hash: /^sha256-[A-Za-z0-9+/]{43}=$/ });
  const wrong = await execa('node', [join(root, 'nix/npm/hash.mjs'), '--lock'], { reject: false });
  t.equal(wrong.exitCode, 2);
  t.match(wrong.stderr, /unknown argument --lock/);
});
