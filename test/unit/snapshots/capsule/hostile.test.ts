// Capsules and snapshots that somebody else made: what they refer to outside of themselves is
// neither read nor written.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { BootImage } from '../../../../driver/image/image.js';
import { readQcow2Header } from '../../../../driver/image/qcow2-header.js';
import { unpackCapsule } from '../../../../driver/snapshots/capsule/archive.js';
import { snapshotOfCapsule } from '../../../../driver/snapshots/capsule/entry.js';
import type { CapsuleSnapshot } from '../../../../driver/snapshots/capsule/format.js';
import { contentOf } from '../../../../driver/snapshots/store/entry-files.js';
import { takeLease } from '../../../../driver/snapshots/store/lease.js';
import {
  MANIFEST,
  manifestText,
  type Manifest,
} from '../../../../driver/snapshots/store/manifest.js';
import { publishEntry } from '../../../../driver/snapshots/store/publish.js';
import { restorable } from '../../../../driver/snapshots/store/restorable.js';
import { SnapshotStore } from '../../../../driver/snapshots/store/store.js';
import { IMAGE, inputs, keyOf, savedSnapshot } from '../store/saved.js';

const sha256 = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

const qemuImg = (...args: string[]): void => {
  execFileSync('qemu-img', args, { stdio: 'pipe' });
};

/** A published snapshot, to be damaged; beside it a file of the host that nobody may touch. */
async function entryOf(t: Test): Promise<{ place: string; entry: string; host: string }> {
  const place = t.testdir({ states: {}, staging: {} });
  const state = await savedSnapshot(join(place, 'run'), 'a', 1000);
  const { firmware: _none, ...rest } = state;
  await publishEntry(join(place, 'states'), join(place, 'staging'), {
    key: keyOf('a'),
    inputs: inputs('a'),
    state: { ...rest, firmware: undefined },
  });
  const host = join(place, 'host-file.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', host, '1M');
  return { place, entry: join(place, 'states', keyOf('a')), host };
}

/** Writes the manifest anew, so that its digests are those of the files as they now are. */
async function resealed(entry: string, change?: (manifest: Manifest) => void): Promise<void> {
  const { seal: _seal, ...manifest } = JSON.parse(
    readFileSync(join(entry, MANIFEST), 'utf8'),
  ) as Manifest & { seal: string };
  for (const file of manifest.files) Object.assign(file, await contentOf(join(entry, file.name)));
  change?.(manifest);
  writeFileSync(join(entry, MANIFEST), manifestText(manifest));
}

const opened = async (entry: string, image: BootImage = IMAGE): Promise<unknown> =>
  await snapshotOfCapsule({
    file: 'capsule.tar.zst',
    directory: entry,
    described: { key: keyOf('a'), kind: 'proven' } as CapsuleSnapshot,
    image,
    machine: { memoryBytes: 1 << 29, cpus: 1, network: 'isolated', disks: [] },
    firmware: undefined,
  });

t.test('the snapshot as it was saved is taken', async (t) => {
  const { entry } = await entryOf(t);
  t.match(await opened(entry), { key: keyOf('a') });
});

t.test('a layer whose data lie in a file of the host is refused', async (t) => {
  const { entry, place } = await entryOf(t);
  const secret = join(place, 'secret');
  const layer = join(entry, 'vda.0.qcow2');
  rmSync(layer);
  qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${secret},data_file_raw=on`, layer, '1M');
  writeFileSync(secret, 'a secret of this host'.padEnd(1 << 20));
  await resealed(entry);
  await t.rejects(opened(entry), { code: 'TAPBOOT_E_CAPSULE', details: { got: /external/ } });
});

t.test('a layer that rests on a file of the host is refused', async (t) => {
  for (const [name, how] of [
    ['a path', (host: string): string => host],
    ['a path from the layer', (): string => '../../host-file.qcow2'],
    ['json', (host: string): string => `json:{"driver":"qcow2","file":{"filename":"${host}"}}`],
    ['a protocol', (): string => 'nbd://127.0.0.1/x'],
  ] as const) {
    const { entry, host } = await entryOf(t);
    const layer = join(entry, 'vda.0.qcow2');
    qemuImg('rebase', '-u', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', how(host), layer);
    await resealed(entry);
    await t.rejects(opened(entry), { code: 'TAPBOOT_E_CAPSULE' }, name);
  }
});

t.test('a layer that does not name the format of the one below is refused', async (t) => {
  const { entry } = await entryOf(t);
  const layer = join(entry, 'vdb.1.qcow2');
  qemuImg('rebase', '-u', '-q', '-f', 'qcow2', '-F', 'raw', '-b', 'vdb.0.qcow2', layer);
  await resealed(entry);
  await t.rejects(opened(entry), { code: 'TAPBOOT_E_CAPSULE', details: { got: /format/ } });
});

t.test('a link in place of a layer: the file of the host keeps its header', async (t) => {
  const { entry, host, place } = await entryOf(t);
  const before = sha256(host);
  const layer = join(entry, 'vda.0.qcow2');
  rmSync(layer);
  symlinkSync(host, layer);
  await resealed(entry);
  const disk = join(place, 'image.raw');
  writeFileSync(disk, Buffer.alloc(1024));
  const image: BootImage = {
    ...IMAGE,
    medium: { kind: 'disk', disk, format: 'raw', firmware: 'bios' },
  };
  const got = await opened(entry, image).catch((error: unknown) => error);
  t.equal(sha256(host), before, 'nothing was written');
  t.match(got, { code: 'TAPBOOT_E_CAPSULE' });
});

t.test(
  'a disk that rests on the image: told where this host has it, in the cache it must say so',
  async (t) => {
    const { entry, place } = await entryOf(t);
    const layer = join(entry, 'vda.0.qcow2');
    const disk = join(place, 'image.raw');
    writeFileSync(disk, Buffer.alloc(1 << 20));
    const image: BootImage = {
      ...IMAGE,
      medium: { kind: 'disk', disk, format: 'raw', firmware: 'bios' },
    };
    await t.rejects(opened(entry, image), {
      code: 'TAPBOOT_E_CAPSULE',
      details: { got: /does not rest on the image/ },
    });
    qemuImg(
      'create',
      '-q',
      '-f',
      'qcow2',
      '-u',
      '-b',
      '/where/the/run/was',
      '-F',
      'raw',
      layer,
      '1M',
    );
    await resealed(entry);
    t.match(await opened(entry, image), { disks: [{ name: 'vda', path: layer }, { name: 'vdb' }] });
    t.match(await readQcow2Header(layer), { backing: disk, backingFormat: 'raw' });
    await resealed(entry);
    const lease = await takeLease(join(place, 'states'), join(place, 'staging'), keyOf('a'));
    if (lease === undefined || !('lease' in lease)) return t.fail('no lease');
    const { machine } = lease.lease.manifest;
    const wanted = { machine, firmware: undefined };
    t.match(await restorable(lease.lease, { ...wanted, image }), { key: keyOf('a') });
    for (const other of [IMAGE, { ...image, medium: { ...image.medium, disk: '/another.raw' } }]) {
      await t.rejects(restorable(lease.lease, { ...wanted, image: other }), {
        code: 'TAPBOOT_E_STATE_DAMAGED',
      });
    }
  },
);

t.test('a link in place of the console is refused', async (t) => {
  const { entry, place } = await entryOf(t);
  const secret = join(place, 'secret');
  writeFileSync(secret, 'a secret of this host');
  rmSync(join(entry, 'console.log'));
  symlinkSync(secret, join(entry, 'console.log'));
  await resealed(entry);
  await t.rejects(opened(entry), { code: 'TAPBOOT_E_CAPSULE', details: { got: /console\.log/ } });
});

t.test('files that have no digest, and names that lead elsewhere, are refused', async (t) => {
  const changes: [string, (manifest: Manifest) => void][] = [
    ['a console without a digest', (m) => m.files.splice(0, m.files.length)],
    ['a disk called ../x', (m) => void (m.disks[0] = { ...m.disks[0]!, name: '../../escaped' })],
    ['a disk with options', (m) => void (m.disks[0] = { ...m.disks[0]!, name: 'vda,addr=5' })],
    ['a disk of the machine', (m) => m.machine.disks.push({ name: '../x', sizeBytes: 512 })],
    ['a CPU with a space', (m) => void (m.machine.cpu = 'max -drive')],
  ];
  for (const [name, change] of changes) {
    const { entry } = await entryOf(t);
    await resealed(entry, change);
    await t.rejects(opened(entry), { code: 'TAPBOOT_E_CAPSULE' }, name);
  }
});

t.test('an entry of a foreign cache: links and headers are refused', async (t) => {
  const found = async (damage: (entry: string, host: string) => void): Promise<unknown> => {
    const { entry, host, place } = await entryOf(t);
    damage(entry, host);
    await resealed(entry);
    const notices: string[] = [];
    await using store = new SnapshotStore({
      directory: join(place, 'states'),
      limitBytes: 1e12,
      notice: (text) => notices.push(text),
    });
    const lease = await store.find(keyOf('a'));
    if (lease === undefined) return notices.join('\n');
    const { machine } = lease.manifest;
    return await restorable(lease, { image: IMAGE, machine, firmware: undefined }).catch(
      (error: unknown) => error,
    );
  };
  const link = await found((entry, host) => {
    rmSync(join(entry, 'vda.0.qcow2'));
    symlinkSync(host, join(entry, 'vda.0.qcow2'));
  });
  t.match(link, /vda\.0\.qcow2 is not a regular file/);
  const rests = await found((entry, host) => {
    const layer = join(entry, 'vda.0.qcow2');
    qemuImg('rebase', '-u', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', host, layer);
  });
  t.match(rests, { code: 'TAPBOOT_E_STATE_DAMAGED', details: { snapshot: 'unusable' } });
});

t.test('an archive of anything but directories and regular files is refused', async (t) => {
  const makers: [string, (inside: string, place: string) => void][] = [
    ['a FIFO', (inside) => execFileSync('mkfifo', [join(inside, 'console.log')])],
    ['a link', (inside) => symlinkSync('/etc/hostname', join(inside, 'console.log'))],
    ['a link to a neighbour', (inside) => symlinkSync('capsule.json', join(inside, 'b'))],
    ['a linked directory', (inside, place) => symlinkSync(place, join(inside, 'states'))],
  ];
  for (const [name, make] of makers) {
    const place = t.testdir({ in: { 'capsule.json': '{}' }, out: {} });
    make(join(place, 'in'), place);
    const archive = join(place, 'c.tar.gz');
    execFileSync('tar', ['-C', join(place, 'in'), '-czf', archive, '.']);
    await t.rejects(
      unpackCapsule(archive, join(place, 'out')),
      { code: 'TAPBOOT_E_CAPSULE', details: { got: /regular files/ } },
      name,
    );
  }
});

t.test('an archive whose names lead out of it writes nothing there', async (t) => {
  const place = t.testdir({ in: { 'capsule.json': '{}' }, out: {}, victim: 'as it was' });
  const archive = join(place, 'c.tar.gz');
  const inside = join(place, 'in');
  const rename = '--transform=s,capsule.json,../victim,';
  execFileSync('tar', ['-C', inside, '-P', '-czf', archive, rename, 'capsule.json']);
  await t.rejects(unpackCapsule(archive, join(place, 'out')), { code: 'TAPBOOT_E_CAPSULE' });
  t.equal(readFileSync(join(place, 'victim'), 'utf8'), 'as it was');
});

t.test(
  'an archive that takes a file of the host into itself by a hard link is refused',
  async (t) => {
    const place = t.testdir({ in: { 'capsule.json': '{}' }, out: {}, secret: 'of this host' });
    linkSync(join(place, 'secret'), join(place, 'out/console.log'));
    const archive = join(place, 'c.tar.gz');
    execFileSync('tar', ['-C', join(place, 'in'), '-czf', archive, '.']);
    await t.rejects(unpackCapsule(archive, join(place, 'out')), { code: 'TAPBOOT_E_CAPSULE' });
  },
);
