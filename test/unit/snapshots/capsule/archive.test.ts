import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { packCapsule, unpackCapsule } from '../../../../driver/snapshots/capsule/archive.js';

t.test('packed and unpacked again: the same files; the archive is its owner’s', async (t) => {
  const place = t.testdir({
    in: { 'capsule.json': '{}', states: { a: { 'device.state': 'RAM' } } },
  });
  await chmod(join(place, 'in/capsule.json'), 0o600);
  const packed = await packCapsule(join(place, 'in'), join(place, 'capsule'));
  t.match(packed.path, /capsule\.tar\.(zst|gz)$/);
  t.equal((await stat(packed.path)).mode & 0o777, 0o600);
  t.equal((await stat(packed.path)).size, packed.bytes);
  await mkdir(join(place, 'out'));
  await unpackCapsule(packed.path, join(place, 'out'));
  t.equal(await readFile(join(place, 'out/states/a/device.state'), 'utf8'), 'RAM');
});

t.test('where it cannot be written nothing is left, and it is told', async (t) => {
  const place = t.testdir({ in: { 'capsule.json': '{}' } });
  const nowhere = packCapsule(join(place, 'in'), join(place, 'missing', 'capsule'));
  await t.rejects(nowhere, { code: 'TAPBOOT_E_CAPSULE_WRITE' });
});

t.test('what is no archive is refused', async (t) => {
  const place = t.testdir({ out: {} });
  const file = join(place, 'capsule.tar.zst');
  await t.rejects(unpackCapsule(file, join(place, 'out')), { code: 'TAPBOOT_E_CAPSULE' });
  await writeFile(file, 'no archive');
  await t.rejects(unpackCapsule(file, join(place, 'out')), { code: 'TAPBOOT_E_CAPSULE' });
});
