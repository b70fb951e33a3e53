import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { backingChain } from '../../../../driver/machine/qemu/disks.js';
import {
  manifestText,
  readManifest,
  type Manifest,
} from '../../../../driver/snapshots/store/manifest.js';
import { MOUNTS } from '../../../helpers/namespaces.js';
import { SnapshotStore } from '../../../../driver/snapshots/store/store.js';
import { inputs, keyOf, savedSnapshot } from './saved.js';

interface Bench {
  root: string;
  states: string;
  notices: string[];
  open(limitBytes?: number): SnapshotStore;
  /** Publishes a snapshot by a store of its own, as an earlier run did. */
  published(name: string): Promise<string>;
}

function bench(t: Test): Bench {
  const root = t.testdir();
  const states = join(root, 'states');
  const notices: string[] = [];
  const open = (limitBytes = 1e12): SnapshotStore => {
    const notice = (text: string): number => notices.push(text);
    const store = new SnapshotStore({ directory: states, limitBytes, notice });
    t.teardown(() => store.close());
    return store;
  };
  const published = async (name: string): Promise<string> => {
    await using store = open();
    const state = await savedSnapshot(join(root, `run-${name}`), name);
    await store.publish({ key: keyOf(name), inputs: inputs(name), state });
    rmSync(join(root, `run-${name}`), { recursive: true });
    return join(states, keyOf(name));
  };
  return { root, states, notices, open, published };
}

const left = (states: string): string[] => readdirSync(states).sort();

t.test('an entry holds all of a state, for its owner alone, and outlives the run', async (t) => {
  const { root, states, notices, open } = bench(t);
  const first = open();
  const state = await savedSnapshot(join(root, 'run'), 'a');
  const ram = readFileSync(state.ram.file);
  const publication = { key: keyOf('a'), inputs: inputs('a'), state };
  t.equal(await first.publish(publication), true);
  t.equal(await first.publish(publication), false, 'the second time it is there');
  await first.close();
  rmSync(join(root, 'run'), { recursive: true });
  t.same(left(states), [keyOf('a')], 'nothing but the entry');

  const store = open();
  const lease = await store.find(keyOf('a'));
  if (lease === undefined) return t.fail('not found');
  t.equal(await lease.verified, undefined);
  t.match(lease.manifest, {
    key: keyOf('a'),
    proof: state.proof,
    bootedAt: state.bootedAt,
    hostKey: 'ssh-ed25519 H',
    ageSeconds: 12.5,
    disks: [{ name: 'vda', layers: ['vda.0.qcow2'] }, { layers: ['vdb.0.qcow2', 'vdb.1.qcow2'] }],
  });
  t.same(readFileSync(join(lease.directory, lease.manifest.ram?.file ?? '')), ram);
  t.equal(readFileSync(join(lease.directory, 'console.log'), 'utf8'), 'console of a');
  const chain = await backingChain(join(lease.directory, 'vdb.1.qcow2'));
  t.same(
    chain.map(({ path }) => path),
    ['vdb.1.qcow2', 'vdb.0.qcow2'].map((name) => join(lease.directory, name)),
    'the chain stays within the entry',
  );
  const entry = join(states, keyOf('a'));
  for (const path of [states, entry]) t.equal(statSync(path).mode & 0o777, 0o700, path);
  for (const name of readdirSync(entry)) {
    t.equal(statSync(join(entry, name)).mode & 0o777, 0o600, name);
  }
  t.equal(await store.find(keyOf('b')), undefined, 'another key');
  t.equal((await store.find(keyOf('a')))?.verified, lease.verified, 'verified once');
  t.same(notices, []);
});

t.test('a damaged entry is removed, said, and can be made again', async (t) => {
  const { root, states, notices, open, published } = bench(t);
  const flip = (file: string, at: number): void => {
    const bytes = readFileSync(file);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  };
  const manifest = (entry: string): string => join(entry, 'manifest.json');
  const cases: [string, (entry: string) => void, RegExp][] = [
    ['a bit of RAM', (e) => flip(join(e, 'device.state'), 2_999_999), /device.state is not what/],
    ['a bit of a disk', (e) => flip(join(e, 'vdb.0.qcow2'), 0), /vdb.0.qcow2 is not what/],
    ['a bit of the console', (e) => flip(join(e, 'console.log'), 3), /console.log is not what/],
    ['short RAM', (e) => truncateSync(join(e, 'device.state'), 2_000_000), /has 2000000 bytes/],
    ['an empty disk', (e) => truncateSync(join(e, 'vda.0.qcow2'), 0), /has 0 bytes instead/],
    ['a missing disk', (e) => rmSync(join(e, 'vda.0.qcow2')), /vda.0.qcow2 is missing/],
    ['no manifest', (e) => rmSync(manifest(e)), /it has no manifest/],
    ['half a manifest', (e) => truncateSync(manifest(e), 300), /its manifest is not JSON/],
    ['an empty manifest', (e) => truncateSync(manifest(e), 0), /its manifest is not JSON/],
    [
      'a changed manifest',
      (e) => writeFileSync(manifest(e), readFileSync(manifest(e), 'utf8').replace('1.5', '1.6')),
      /does not match its seal/,
    ],
  ];
  for (const [what, damage, reason] of cases) {
    notices.length = 0;
    damage(await published('a'));
    const store = open();
    const lease = await store.find(keyOf('a'));
    const found = await lease?.verified;
    if (lease !== undefined && found !== undefined) await store.reject(lease, found);
    t.equal(notices.length, 1, what);
    t.match(notices[0], reason, what);
    t.notOk(existsSync(join(states, keyOf('a'))), `${what}: removed`);
    t.equal(await store.find(keyOf('a')), undefined, `${what}: not found again`);
    const state = await savedSnapshot(join(root, 'again'), 'a');
    await store.publish({ key: keyOf('a'), inputs: inputs('a'), state });
    t.equal(await (await store.find(keyOf('a')))?.verified, undefined, `${what}: made again`);
    t.ok(await store.find(keyOf('a')), `${what}: and found`);
    await store.close();
    rmSync(join(states, keyOf('a')), { recursive: true });
  }
});

t.test('the seal covers all that is written', async (t) => {
  const { published } = bench(t);
  const read = (text: string) => readManifest(text, keyOf('a'));
  const text = readFileSync(join(await published('a'), 'manifest.json'), 'utf8');
  const manifest = read(text);
  if ('problem' in manifest) return t.fail(manifest.problem);
  t.same(read(manifestText(manifest)), manifest);
  const more = { ...manifest, later: 'unknown here' };
  t.same(read(manifestText(more)), manifest, 'what is unknown here is passed over');
  t.match(read(manifestText(more).replace('unknown', 'changed')), { problem: /its seal/ });
});

t.test('an entry in the place of another is refused', async (t) => {
  const { states, notices, open, published } = bench(t);
  const entry = await published('old');
  const place = join(states, keyOf('new'));
  const forge = (change: (manifest: Manifest) => Partial<Manifest>): void => {
    cpSync(entry, place, { recursive: true });
    const text = readFileSync(join(entry, 'manifest.json'), 'utf8');
    const read = readManifest(text, keyOf('old'));
    if ('problem' in read) throw new Error(read.problem);
    writeFileSync(join(place, 'manifest.json'), manifestText({ ...read, ...change(read) }));
  };
  const cases: [string, (manifest: Manifest) => Partial<Manifest>, RegExp][] = [
    ['only moved', () => ({}), /that of another snapshot/],
    ['with another key', () => ({ key: keyOf('new') }), /that of another snapshot/],
    [
      'with another key and what it is made of',
      () => ({ key: keyOf('new'), inputs: inputs('new') }),
      /its proof is that of another snapshot/,
    ],
  ];
  for (const [what, change, reason] of cases) {
    notices.length = 0;
    forge(change);
    t.equal(await open().find(keyOf('new')), undefined, what);
    t.match(notices, [reason], what);
    t.notOk(existsSync(place), `${what}: removed`);
  }
});

t.test('a lease outlives the entry, and a good successor outlives the bad lease', async (t) => {
  const { states, open, published } = bench(t);
  const entry = await published('a');
  const store = open();
  const lease = await store.find(keyOf('a'));
  if (lease === undefined) return t.fail('not found');
  rmSync(entry, { recursive: true });
  t.equal(await lease.verified, undefined, 'its files are still there');
  t.ok(existsSync(join(lease.directory, 'device.state')));
  await published('a');
  await store.reject(lease, 'a test says so');
  t.ok(existsSync(join(states, keyOf('a'))), 'the new entry is another one');
});

t.test('the limit evicts what was not used for longest, never what is in use', async (t) => {
  const { states, open, published } = bench(t);
  const age = (entry: string, seconds: number): void => {
    const time = Date.now() / 1000 - seconds;
    utimesSync(join(entry, 'manifest.json'), time, time);
  };
  age(await published('oldest'), 400);
  age(await published('used'), 300);
  age(await published('older'), 200);
  age(await published('newest'), 100);
  const user = open();
  await user.find(keyOf('oldest'));
  age(join(states, keyOf('oldest')), 500);
  const reader = open();
  await reader.find(keyOf('used'));
  await reader.close();
  const pruner = open();
  const bytes = (await pruner.list())[0]?.bytes ?? 0;
  t.ok(bytes > 3_000_000, 'an entry has the size of its files');
  const decisions = await pruner.prune(bytes * 2.5);
  t.strictSame(
    decisions.map(({ entry, action }) => [entry.key, action]),
    [
      [keyOf('oldest'), 'in use'],
      [keyOf('older'), 'removed'],
      [keyOf('newest'), 'removed'],
      [keyOf('used'), 'kept'],
    ],
  );
  t.strictSame(
    (await pruner.list()).map(({ key, inUse }) => [key, inUse]),
    [
      [keyOf('used'), false],
      [keyOf('oldest'), true],
    ],
  );
  await user.close();
  t.same(
    (await pruner.clear()).map(({ action }) => action),
    ['removed', 'removed'],
  );
  t.same(left(states), []);
});

t.test('publishing keeps the limit', async (t) => {
  const { root, states, open, published } = bench(t);
  await published('a');
  await sleep(20);
  const store = open(4_000_000);
  const state = await savedSnapshot(join(root, 'run'), 'b');
  await store.publish({ key: keyOf('b'), inputs: inputs('b'), state });
  await store.close();
  t.same(left(states), [keyOf('b')]);
});

/** A process that has a snapshot ready, and publishes it when told to. */
function publisher(t: Test, { root, states }: Bench, run: string, bytes: number, wrap: string[]) {
  const script = join(import.meta.dirname, 'publisher.ts');
  const node = ['node', '--import', 'tsx', script, states, 'a', join(root, run), String(bytes)];
  const [program = '', ...args] = [...wrap, ...node];
  const child = execa(program, args, { reject: false, stdin: 'pipe' });
  t.teardown(() => child.kill('SIGKILL'));
  const ready = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  return { child, ready };
}

t.test('of two processes with one key the first wins, and the entry is whole', async (t) => {
  const place = bench(t);
  for (let round = 0; round < 3; round++) {
    const both = [0, 1].map((n) => publisher(t, place, `${round}-${n}`, 20_000_000, []));
    await Promise.all(both.map(({ ready }) => ready));
    for (const { child } of both) child.stdin.write('go\n');
    const said = await Promise.all(both.map(async ({ child }) => (await child).stdout));
    const winners = said.flatMap((text) => /published (\S+)/.exec(text)?.[1] ?? []);
    t.equal(winners.length, 1, said.join(' | '));
    t.match(said.join(), /was there/);
    await using store = place.open();
    const lease = await store.find(keyOf('a'));
    t.equal(lease?.manifest.proof.nonce, winners[0]);
    t.equal(await lease?.verified, undefined);
    await store.close();
    t.same(left(place.states), [keyOf('a')], 'the other has left nothing');
    rmSync(join(place.states, keyOf('a')), { recursive: true });
  }
});

t.test('a process killed while it publishes leaves no entry, and its leftovers go', async (t) => {
  const place = bench(t);
  // Sparse: it takes seconds to hash, and no space.
  const { child, ready } = publisher(t, place, 'run', 8e9, []);
  await ready;
  child.stdin.write('go\n');
  const staged = (): string[] =>
    existsSync(place.states)
      ? left(place.states).filter((name) =>
          existsSync(join(place.states, name, 'staging', keyOf('a'), 'vdb.1.qcow2')),
        )
      : [];
  while (staged().length === 0) await sleep(5);
  await using living = place.open();
  t.equal(await living.find(keyOf('a')), undefined, 'not there while it is being written');
  await living.prune();
  t.equal(staged().length, 1, 'what a living process writes stays');
  child.kill('SIGKILL');
  await child;
  t.equal(staged().length, 1, 'it was killed in the middle');
  t.equal(await living.find(keyOf('a')), undefined);
  await living.prune();
  t.same(left(place.states), [], 'removed');
});

t.test('a full disk: nothing half is left', MOUNTS, async (t) => {
  const place = bench(t);
  mkdirSync(place.states);
  const small = ['unshare', '-rm', 'sh', '-c'];
  const mount = `mount -t tmpfs -o size=2m,mode=0700 none '${place.states}' && "$@"; ls -A '${place.states}'`;
  const { child, ready } = publisher(t, place, 'run', 5e6, [...small, mount, 'sh']);
  await ready;
  child.stdin.write('go\n');
  t.equal((await child).stdout, 'ready\nfailed ENOSPC', 'said, and the directory is empty');
});

t.test('a place that cannot be written to, and one that is not there', async (t) => {
  const { root, open } = bench(t);
  t.same(await open().list(), []);
  t.same(await open().clear(), []);
  t.equal(await open().find(keyOf('a')), undefined);
  const file = join(root, 'file');
  writeFileSync(file, '');
  const store = new SnapshotStore({ directory: file, limitBytes: 1, notice: () => undefined });
  const state = await savedSnapshot(join(root, 'run'), 'a');
  await t.rejects(store.publish({ key: keyOf('a'), inputs: inputs('a'), state }));
  t.equal(await store.find(keyOf('a')), undefined);
  await store.close();
});

t.test('nothing is evicted while the leases of another process cannot be read', async (t) => {
  const { states, open, published } = bench(t);
  await published('a');
  const user = open();
  await user.find(keyOf('a'));
  const [tenant = ''] = readdirSync(states).filter((name) => name.startsWith('.run-'));
  const leases = join(states, tenant, 'leases');
  rmSync(leases, { recursive: true });
  symlinkSync(leases, leases);
  await t.rejects(open().clear(), { code: 'ELOOP' });
  t.ok(existsSync(join(states, keyOf('a'))));
  await user.close();
});

t.test('removing what an earlier version left: readable entries that nobody uses', async (t) => {
  const { states, open, published } = bench(t);
  await published('old');
  await published('in use');
  const damaged = await published('damaged');
  writeFileSync(join(damaged, 'manifest.json'), 'no manifest');
  writeFileSync(join(states, 'notes.txt'), 'a file of somebody');
  const user = open();
  await user.find(keyOf('in use'));
  const actions = (await open().removeOld()).map(({ entry, action }) => [entry.key, action]);
  t.same(Object.fromEntries(actions), {
    [keyOf('old')]: 'removed',
    [keyOf('in use')]: 'in use',
    [keyOf('damaged')]: 'kept',
  });
  await user.close();
  t.same(
    left(states),
    ['notes.txt', keyOf('in use'), keyOf('damaged')].sort(),
    'the directory and all else stay',
  );
});
