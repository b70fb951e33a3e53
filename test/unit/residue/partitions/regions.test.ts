import { execa } from 'execa';
import t from 'tap';
import { inspectDisk } from '../../../../driver/residue/index.js';
import { makeDisk, patchDisk, recordedDisk } from '../fixtures/disk.js';

const mib = 2 ** 20;

/** A swap area, as a partition's content. */
async function swapArea(directory: string, bytes: number): Promise<Buffer> {
  const path = makeDisk(`${directory}/area.img`, bytes);
  await execa('mkswap', [path]);
  const { stdout } = await execa('head', ['-c', '4096', path], { encoding: 'buffer' });
  return Buffer.from(stdout);
}

await t.test('what lies in partitions, logical ones too, is told by their name', async (t) => {
  const path = recordedDisk(t.testdir(), 'mbr-logical');
  const area = await swapArea(t.testdirName, 8 * mib);
  // Partitions 1, 2, 5 and 6 of the recorded table; blkid confirms each.
  const starts = { 1: 2048, 2: 20_480, 5: 43_008, 6: 61_440 };
  patchDisk(
    path,
    Object.values(starts).map((sector) => ({ at: sector * 512, bytes: area })),
  );
  const swaps = (await inspectDisk(path)).findings.filter(({ kind }) => kind === 'swap');
  t.strictSame(
    swaps.map(({ offset, detail }) => [offset, detail['in'], detail['seen_by']]),
    Object.entries(starts).map(([number, sector]) => [
      sector * 512,
      `partition ${number} (mbr)`,
      'blkid',
    ]),
  );
});

await t.test('partitions are found by the backup GPT alone', async (t) => {
  // A wipe of the first MiB leaves the other end.
  const path = recordedDisk(t.testdir(), 'md-on-gpt-partition');
  patchDisk(path, [{ at: 0, bytes: Buffer.alloc(mib) }]);
  const { findings } = await inspectDisk(path);
  t.strictSame(
    findings.map(({ offset, kind, detail }) => [offset, kind, detail['in']]),
    [
      [17_829_888, 'md-superblock', 'partition 2 (gpt)'],
      [67_091_968, 'partition-table', 'disk'],
      [67_108_352, 'partition-table', 'disk'],
    ],
  );
});

await t.test('a format that only libblkid knows, inside a partition', async (t) => {
  const path = recordedDisk(t.testdir(), 'gpt');
  // minix, version 1, 14 characters to a name: magic 0x137f at 0x10 of its second KiB.
  const superblock = Buffer.alloc(1024);
  superblock.writeUInt16LE(64, 0);
  superblock.writeUInt16LE(1024, 2);
  superblock.writeUInt16LE(1, 4);
  superblock.writeUInt16LE(1, 6);
  superblock.writeUInt16LE(6, 8);
  superblock.writeUInt32LE(268_966_912, 12);
  superblock.writeUInt16LE(0x137f, 16);
  superblock.writeUInt16LE(1, 18);
  patchDisk(path, [{ at: mib + 1024, bytes: superblock }]);
  const minix = (await inspectDisk(path)).findings.filter(
    ({ detail }) => detail['type'] === 'minix',
  );
  t.match(minix, [
    { kind: 'filesystem', offset: mib, detail: { in: 'partition 1 (gpt)', seen_by: 'blkid' } },
  ]);
  t.equal(minix.length, 1);
});

await t.test('tables that point at themselves come to an end', async (t) => {
  const path = recordedDisk(t.testdir(), 'mbr-logical');
  // The second extended record names the first as the next.
  const second = 30_408_704;
  const entry = Buffer.alloc(16);
  entry[4] = 0x05;
  entry.writeUInt32LE(0, 8);
  entry.writeUInt32LE(1000, 12);
  patchDisk(path, [{ at: second + 446 + 16, bytes: entry }]);
  const records = (await inspectDisk(path)).findings.filter(
    ({ detail }) => detail['role'] === 'extended',
  );
  t.strictSame(
    records.map(({ offset }) => offset),
    [20_971_520, second],
  );
});
