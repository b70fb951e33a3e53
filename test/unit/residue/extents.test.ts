import t from 'tap';
import { dataExtents } from '../../../driver/residue/extents.js';
import { makeDisk } from './fixtures/disk.js';

await t.test('data extents leave out holes, join neighbours, and end with the file', async (t) => {
  const path = makeDisk(`${t.testdir()}/disk.img`, (1 << 20) + 100, [
    { at: 65_536, bytes: 'x' },
    { at: 1 << 20, bytes: 'the end' },
  ]);
  const extents = await dataExtents(path, (1 << 20) + 100, 'qemu-img');
  const covers = (at: number): boolean =>
    extents.some(({ offset, length }) => at >= offset && at < offset + length);
  t.ok(covers(65_536) && covers(1 << 20));
  t.notOk(covers(0) || covers(512_000), 'holes are left out');
  t.equal(Math.max(...extents.map(({ offset, length }) => offset + length)), (1 << 20) + 100);
});
