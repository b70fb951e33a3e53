import t from 'tap';
import { inspectDisk, judgeDisk, type Inspection } from '../../../driver/residue/index.js';
import { makeDisk, recordedDisk } from './fixtures/disk.js';

const marker = 'residue-marker';
const mib = 2 ** 20;
const inspect = (path: string): Promise<Inspection> => inspectDisk(path, { search: [marker] });

await t.test('a blank disk holds to all that is asked of a clean one', async (t) => {
  const blank = await inspect(makeDisk(`${t.testdir()}/blank.img`, mib));
  const judgements = judgeDisk(blank, { clean: true, signatures: 'none', absent: [marker] });
  t.strictSame(
    judgements.map(({ expectation, held, got }) => [expectation, held, got]),
    [
      ['clean', true, 'nothing'],
      ['signatures: none', true, 'nothing'],
      ['absent: residue-marker', true, 'not found'],
    ],
  );
});

await t.test('a seeded disk breaks them, and says where and what', async (t) => {
  const seeded = await inspect(recordedDisk(t.testdir(), 's4-seeded-b'));
  const judgements = judgeDisk(seeded, { clean: true, signatures: 'none', absent: [marker] });
  t.strictSame(
    judgements.map(({ held }) => held),
    [false, false, false],
  );
  t.match(
    judgements[0]?.got,
    /^4096 \(0x1000\) md-superblock: .*\n2097664 \(0x200200\) lvm-label: /,
  );
  t.match(judgements[0]?.got, /bytes: "residue-marker"/);
  t.notMatch(judgements[1]?.got, /residue-marker"/, 'a byte string is no signature');
  t.equal(judgements[2]?.got, '1 time(s): bytes at 3145728 (0x300000)');
});

await t.test('content without signatures: only clean and absent see it', async (t) => {
  const path = makeDisk(`${t.testdir()}/left.img`, mib, [{ at: 70_000, bytes: marker }]);
  const left = await inspect(path);
  const held = judgeDisk(left, { clean: true, signatures: 'none', absent: [marker] }).map(
    (judgement) => judgement.held,
  );
  t.strictSame(held, [false, true, false]);
  const some = judgeDisk(left, { signatures: 'some' });
  t.strictSame([some[0]?.held, some[0]?.got], [false, 'nothing']);
});

await t.test('present: all that is named must hold in one finding', async (t) => {
  const seeded = await inspect(recordedDisk(t.testdir(), 's4-seeded-c'));
  const judge = (wanted: Parameters<typeof judgeDisk>[1]['present']) =>
    judgeDisk(seeded, { present: wanted ?? [] }).map(({ held }) => held);
  t.strictSame(
    judge([
      { kind: 'md-superblock', offset: 4096 },
      { kind: 'lvm-label', offset: 2 * mib + 512 },
      { bytes: marker, offset: 3 * mib },
      { bytes: marker },
      { kind: 'lvm-metadata', what: 'VG vg_residue' },
      { offset: 4096 },
    ]),
    [true, true, true, true, true, true],
  );
  t.strictSame(
    judge([
      { kind: 'md-superblock', offset: 0 },
      { kind: 'swap' },
      { bytes: marker, offset: 4096 },
      { kind: 'lvm-metadata', what: 'VG other' },
      { kind: 'lvm-label', offset: 4096 },
    ]),
    [false, false, false, false, false],
  );
  const [wrong] = judgeDisk(seeded, { present: [{ kind: 'md-superblock', offset: 0 }] });
  t.match(wrong, {
    expectation: 'present: kind md-superblock, at 0 (0x0)',
    got: /^4096 \(0x1000\) md-superblock/,
  });
});

await t.test('a check that could not fail is refused', async (t) => {
  const blank = await inspectDisk(makeDisk(`${t.testdir()}/blank.img`, mib));
  const refused = (code: string, run: () => unknown) => {
    t.throws(run, { failureClass: 'scenario', code });
  };
  refused('TAPBOOT_E_SEARCH_MISSING', () => judgeDisk(blank, { absent: [marker] }));
  refused('TAPBOOT_E_SEARCH_MISSING', () => judgeDisk(blank, { present: [{ bytes: marker }] }));
  refused('TAPBOOT_E_DISK_NOTHING_EXPECTED', () => judgeDisk(blank, {}));
  refused('TAPBOOT_E_DISK_NOTHING_EXPECTED', () => judgeDisk(blank, { absent: [], present: [] }));
  refused('TAPBOOT_E_DISK_NOTHING_EXPECTED', () => judgeDisk(blank, { present: [{}] }));
});

await t.test('many findings are cut, and the rest counted', async (t) => {
  const path = makeDisk(`${t.testdir()}/many.img`, mib, [{ at: 0, bytes: marker.repeat(50) }]);
  const many = await inspect(path);
  const [clean, absent] = judgeDisk(many, { clean: true, absent: [marker] });
  t.match(clean?.got, /and 30 more$/);
  t.match(absent?.got, /^50 time\(s\): bytes at 0 \(0x0\), 14 \(0xe\),.*and 30 more$/);
});
