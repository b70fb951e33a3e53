import { randomBytes } from 'node:crypto';
import { linkSync, unlinkSync, utimesSync } from 'node:fs';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
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

t.test('links that others take and drop meanwhile do not matter, writes do', async (t) => {
  const place = t.testdir({ in: { 'capsule.json': '{}' } });
  const [ram, link] = [join(place, 'in/ram.state'), join(place, 'link')];
  await writeFile(ram, randomBytes(48 * 1024 * 1024));
  const during = async (disturb: () => void): Promise<unknown> => {
    const done = new AbortController();
    const disturbing = (async () => {
      while (!done.signal.aborted) {
        disturb();
        await setImmediate();
      }
    })();
    try {
      return await packCapsule(join(place, 'in'), join(place, 'capsule')).catch(
        (error: unknown) => error,
      );
    } finally {
      done.abort();
      await disturbing;
    }
  };
  const linked = await during(() => {
    linkSync(ram, link);
    unlinkSync(link);
  });
  t.match(linked, { fallback: Boolean, bytes: Number });
  const written = await during(() => {
    utimesSync(ram, new Date(), new Date());
  });
  t.match(written, { code: 'TAPBOOT_E_CAPSULE_WRITE' });
});
