// Tables that promise more than can be looked at: the work has an end, and what was not looked at
// is a finding.
import t, { type Test } from 'tap';
import { inspectDisk, judgeDisk } from '../../../../driver/residue/index.js';
import { mapRegions } from '../../../../driver/residue/partitions/regions.js';
import { RawDisk } from '../../../../driver/residue/raw-disk.js';
import { makeDisk, type Patch } from '../fixtures/disk.js';

const sector = 512;
const linuxType = Buffer.from('af3dc60f838472478e793d69d8477de4', 'hex');

/** A GPT at sector `base`, its entries (first and last sector, relative to it) right behind. */
function gpt(base: number, entries: readonly [number, number][], count = 128): Patch[] {
  const header = Buffer.alloc(sector);
  header.write('EFI PART', 'latin1');
  header.writeUInt32LE(92, 12);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(2n, 72);
  header.writeUInt32LE(count, 80);
  header.writeUInt32LE(128, 84);
  const table = Buffer.alloc(entries.length * 128);
  for (const [index, [first, last]] of entries.entries()) {
    linuxType.copy(table, index * 128);
    table.writeUInt32LE(index + 1, index * 128 + 16);
    table.writeBigUInt64LE(BigInt(first), index * 128 + 32);
    table.writeBigUInt64LE(BigInt(last), index * 128 + 40);
  }
  return [
    { at: (base + 1) * sector, bytes: header },
    { at: (base + 2) * sector, bytes: table },
  ];
}

/** A boot record at `at` with these entries: type, first sector. */
function bootRecord(at: number, entries: readonly [number, number][]): Patch {
  const block = Buffer.alloc(sector);
  for (const [index, [type, start]] of entries.entries()) {
    block[446 + index * 16 + 4] = type;
    block.writeUInt32LE(start, 446 + index * 16 + 8);
    block.writeUInt32LE(1, 446 + index * 16 + 12);
  }
  block.writeUInt16LE(0xaa55, 510);
  return { at: at * sector, bytes: block };
}

/** What a limit kept from being looked at (sector, why), and how many regions there are. */
async function regionsOf(t: Test, sectors: number, patches: readonly Patch[]) {
  const path = makeDisk(`${t.testdir()}/disk.img`, sectors * sector, patches);
  await using disk = await RawDisk.open(path);
  const { regions, signatures } = await mapRegions(disk, []);
  const left = signatures.filter(({ type }) => type === 'not_looked_at');
  return {
    regions: regions.length,
    notLookedAt: left.map(({ offset, what }): [number, string] => [offset / sector, what]),
  };
}

await t.test('128 partitions with 128 partitions each', async (t) => {
  const outer = Array.from({ length: 128 }, (_, index): [number, number] => [
    64 + index * 64,
    64 + index * 64 + 63,
  ]);
  const inner = Array.from({ length: 128 }, (_, index): [number, number] => [40, 40 + index]);
  const patches = [...gpt(0, outer), ...outer.flatMap(([first]) => gpt(first, inner))];
  const { regions, notLookedAt } = await regionsOf(t, 64 + 129 * 64, patches);
  t.equal(regions, 300);
  t.strictSame(notLookedAt, [
    // The disk, 128 partitions, and those in the first of them and a part of the second.
    [64 + 64 + 40, 'more than 300 partitions and arrays: too much to look at'],
  ]);
});

await t.test('partitions nested beyond four deep', async (t) => {
  const starts = [0, 64, 128, 192, 256, 320];
  const patches = starts.flatMap((start) => gpt(start, [[64, 127]]));
  const why = 'partitions and arrays nested more than 4 deep: too much to look at';
  const found = await regionsOf(t, 1024, patches);
  t.strictSame(found, { regions: 4, notLookedAt: [[256, why]] });
  const inspection = await inspectDisk(`${t.testdirName}/disk.img`);
  const [judgement] = judgeDisk(inspection, { signatures: 'none' });
  t.equal(judgement?.held, false, 'it is no clean disk');
  t.match(judgement?.got, why);
});

await t.test('a GPT of more entries than are read', async (t) => {
  const { notLookedAt } = await regionsOf(t, 20_000, gpt(0, [[64, 127]], 10_000));
  t.strictSame(notLookedAt, [
    [2, 'a GPT of 10000 entries of 128 bytes, beyond 131072 bytes: too much to look at'],
  ]);
});

await t.test('a chain of thousands of logical partitions', async (t) => {
  const base = 8;
  const chain = Array.from({ length: 3000 }, (_, index) =>
    bootRecord(base + 2 * index, [
      [0x83, 1],
      [0x05, 2 * (index + 1)],
    ]),
  );
  const patches = [bootRecord(0, [[0x05, base]]), ...chain];
  const { regions, notLookedAt } = await regionsOf(t, 8192, patches);
  t.equal(regions, 129);
  t.strictSame(notLookedAt, [
    [base + 256, 'a chain of extended boot records longer than 128: too much to look at'],
  ]);
});

await t.test('a chain that goes in a circle', async (t) => {
  const patches = [
    bootRecord(0, [[0x05, 8]]),
    bootRecord(8, [
      [0x83, 1],
      [0x05, 2],
    ]),
    bootRecord(10, [
      [0x83, 1],
      [0x05, 0],
    ]),
  ];
  const { notLookedAt } = await regionsOf(t, 64, patches);
  t.strictSame(notLookedAt, [
    [8, 'a chain of extended boot records that goes in a circle: too much to look at'],
  ]);
});

await t.test('many chains share one limit', async (t) => {
  // 16 partitions with 4 chains each, none of them longer than one alone may be.
  const outer = Array.from({ length: 16 }, (_, index): [number, number] => [
    64 + index * 1024,
    64 + index * 1024 + 1023,
  ]);
  const patches = outer.flatMap(([first]) => {
    const chains = [100, 300, 500, 700];
    return [
      bootRecord(
        first,
        chains.map((base): [number, number] => [0x05, base]),
      ),
      ...chains.flatMap((base) =>
        Array.from({ length: 100 }, (_, index) =>
          bootRecord(first + base + index, [[0x05, index + 1]]),
        ),
      ),
    ];
  });
  const { notLookedAt } = await regionsOf(t, 20_000, [...gpt(0, outer), ...patches]);
  t.match(notLookedAt, [
    // Four chains of 101 records to each: ten chains are read, and a part of the eleventh.
    [64 + 2 * 1024 + 500 + 14, /^a chain of extended boot records, after many others/],
  ]);
});
