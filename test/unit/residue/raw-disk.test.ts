import t from 'tap';
import { RawDisk } from '../../../driver/residue/raw-disk.js';
import { makeDisk } from './fixtures/disk.js';

await t.test('what lies outside the disk reads as zeros', async (t) => {
  await using disk = await RawDisk.open(
    makeDisk(`${t.testdir()}/d.img`, 6, [{ at: 0, bytes: 'abcdef' }]),
  );
  const text = async (offset: number, length: number): Promise<string> =>
    (await disk.read(offset, length)).toString('latin1');
  t.equal(await text(0, 6), 'abcdef');
  t.equal(await text(-2, 4), '\0\0ab');
  t.equal(await text(4, 4), 'ef\0\0');
  t.equal(await text(-2, 10), '\0\0abcdef\0\0');
  t.equal(await text(100, 3), '\0\0\0');
  t.equal(await text(-9, 3), '\0\0\0');
});

await t.test('closing twice is fine', async (t) => {
  const disk = await RawDisk.open(makeDisk(`${t.testdir()}/d.img`, 6));
  await disk.close();
  await disk.close();
  await t.rejects(disk.read(0, 1), { code: 'TAPBOOT_E_DISK_UNREADABLE' });
});
