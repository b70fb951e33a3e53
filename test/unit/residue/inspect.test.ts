import { execa } from 'execa';
import t from 'tap';
import { TapbootError } from '../../../driver/errors.js';
import { inspectDisk, type Inspection } from '../../../driver/residue/index.js';
import { makeDisk, patchDisk, recordedDisk } from './fixtures/disk.js';

const mib = 2 ** 20;
const marker = 'residue-marker';
const lines = ({ findings }: Inspection): string[] =>
  findings.map(({ offset, kind }) => `${String(offset)} ${kind}`);

for (const name of ['s4-seeded-b', 's4-seeded-c']) {
  await t.test(`the seeded residue on ${name} is found at its offsets`, async (t) => {
    const inspection = await inspectDisk(recordedDisk(t.testdir(), name), { search: [marker] });
    t.equal(inspection.sizeBytes, 1536 * mib);
    t.strictSame(lines(inspection), [
      '4096 md-superblock',
      `${String(2 * mib + 512)} lvm-label`,
      `${String(2 * mib + 4096)} lvm-area`,
      `${String(2 * mib + 4608)} lvm-metadata`,
      `${String(2 * mib + 5632)} lvm-metadata`,
      `${String(3 * mib)} bytes`,
    ]);
    const [array, label, area, old, current, bytes] = inspection.findings;
    t.match(array?.detail, {
      version: '1.2',
      level: 'raid1',
      raid_devices: '2',
      name: '(none):127',
      uuid: '948f310f:2ea970a6:8d329651:021605b6',
      data_offset: String(2 * mib),
      array_size: '1.5 GiB',
      checksum: 'ok',
      in: 'disk',
      seen_by: 'wipefs',
    });
    t.match(label?.detail, {
      uuid: '77Kwkm-eQ8J-Q4CS-KAhz-Ryza-izy0-11FesQ',
      in: 'data of array (none):127',
      place: 'sector 1',
      checksum: 'ok',
    });
    t.match(area?.detail, { current_at: String(2 * mib + 5632), checksum: 'ok' });
    t.match(old?.detail, { vg: 'vg_residue', seqno: '1', state: 'old copy' });
    t.match(current?.detail, { vg: 'vg_residue', seqno: '2', state: 'current' });
    t.equal(bytes?.what, '"residue-marker", 1 of 1');
    t.ok(inspection.dataBytes < mib, 'only the data is read');
  });
}

await t.test('the usual removal leaves LVM text and the marker', async (t) => {
  const path = recordedDisk(t.testdir(), 's4-removed');
  const inspection = await inspectDisk(path, { search: [marker] });
  t.strictSame(lines(inspection), [
    `${String(2 * mib + 4096)} lvm-area`,
    `${String(2 * mib + 4608)} lvm-metadata`,
    `${String(2 * mib + 5632)} lvm-metadata`,
    `${String(2 * mib + 7168)} lvm-metadata`,
    `${String(3 * mib)} bytes`,
  ]);
  t.match(inspection.findings[0]?.what, /names no volume group.*\(stray\)/);
  for (const { detail } of inspection.findings.slice(1, 4)) t.equal(detail['state'], 'old copy');
});

await t.test(
  'an array stopped before the LVM removal leaves the PV behind its data offset',
  async (t) => {
    // The defect of disko #1247, systemd #41926 and rear #799: wipefs on the member finds nothing.
    const path = recordedDisk(t.testdir(), 's4-array-stopped-first');
    const { stdout } = await execa('wipefs', ['--no-act', path]);
    t.equal(stdout, '', 'wipefs sees a blank disk');
    const { findings } = await inspectDisk(path, { search: [marker] });
    t.match(findings[0], { kind: 'lvm-label', offset: 2 * mib + 512, detail: { place: 'stray' } });
    t.equal(findings.filter(({ detail }) => detail['state'] === 'current').length, 1);
    t.equal(findings.at(-1)?.kind, 'bytes');
  },
);

await t.test('a file system in the data of a wiped array is found, with its backups', async (t) => {
  const path = recordedDisk(t.testdir(), 'array-stopped-then-wiped');
  const { stdout } = await execa('wipefs', ['--no-act', path]);
  t.equal(stdout, '', 'wipefs sees a blank disk');
  const { findings } = await inspectDisk(path);
  t.match(findings[0], { kind: 'filesystem', offset: mib + 1024, detail: { type: 'ext4' } });
  t.equal(findings.filter(({ kind }) => kind === 'filesystem-backup').length, 4);
});

await t.test(
  'a superblock that --zero-superblock silently left on a stale member is found',
  async (t) => {
    // talos #13786: the disk was used again, and the old superblock is at another version's place.
    const path = recordedDisk(t.testdir(), 'md-0.90');
    await execa('mkfs.ext4', ['-q', '-F', path, '60000k']);
    const { findings } = await inspectDisk(path);
    t.match(findings[0], { kind: 'filesystem', offset: 1024 });
    t.match(findings.at(-1), { kind: 'md-superblock', offset: 67043328 });
  },
);

await t.test('a PV on a whole disk', async (t) => {
  // subiquity #314: a disk that LVM had used before. What lay in the array is put on a disk of its own.
  const directory = t.testdir();
  const source = recordedDisk(directory, 's4-seeded-b');
  const path = `${directory}/whole.img`;
  await execa('dd', [
    `if=${source}`,
    `of=${path}`,
    'bs=1M',
    'skip=2',
    'conv=sparse',
    'status=none',
  ]);
  const { findings } = await inspectDisk(path, { search: [marker] });
  t.match(findings[0], {
    kind: 'lvm-label',
    offset: 512,
    detail: { in: 'disk', place: 'sector 1', seen_by: 'wipefs' },
  });
  t.match(findings.at(-1), { kind: 'bytes', offset: mib });
  patchDisk(path, [{ at: 512, bytes: Buffer.alloc(512) }]);
  const kinds = (await inspectDisk(path)).findings.map(({ kind }) => kind);
  t.strictSame(kinds, ['lvm-area', 'lvm-metadata', 'lvm-metadata'], 'without its label');
});

await t.test('a blank disk has no findings, with holes and without', async (t) => {
  const directory = t.testdir();
  const holes = await inspectDisk(makeDisk(`${directory}/holes.img`, 8 * mib), {
    search: [marker],
  });
  t.strictSame(holes.findings, []);
  t.equal(holes.dataBytes, 0);
  const zeros = makeDisk(`${directory}/zeros.img`, 8 * mib, [
    { at: 0, bytes: Buffer.alloc(8 * mib) },
  ]);
  const written = await inspectDisk(zeros, { search: [marker], expectBlank: true });
  t.strictSame(written.findings, []);
  t.equal(written.dataBytes, 8 * mib, 'a file of zeros without holes is read whole');
  t.equal(written.nonZero.bytes, 0);
  const empty = await inspectDisk(makeDisk(`${directory}/empty.img`, 0), { search: [marker] });
  t.strictSame(empty.findings, []);
  t.equal(empty.sizeBytes, 0);
});

await t.test('content without a signature is told by its place', async (t) => {
  const path = makeDisk(`${t.testdir()}/noise.img`, 64 * mib, [
    { at: 5 * mib + 7, bytes: 'nobody knows me' },
    { at: 40 * mib, bytes: Buffer.alloc(10_000, 0x41) },
  ]);
  const quiet = await inspectDisk(path);
  t.strictSame(quiet.findings, []);
  t.strictSame(quiet.nonZero, {
    bytes: 4096 * 4,
    stretches: 2,
    first: [
      { offset: 5 * mib, length: 4096 },
      { offset: 40 * mib, length: 3 * 4096 },
    ],
  });
  const strict = await inspectDisk(path, { expectBlank: true });
  t.strictSame(lines(strict), [`${String(5 * mib)} data`, `${String(40 * mib)} data`]);
});

await t.test('byte strings across every kind of border', async (t) => {
  const chunk = 4 * mib;
  const directory = t.testdir();
  const at = [
    0,
    4090,
    chunk - 7,
    2 * chunk - 1,
    3 * chunk - 14,
    30 * mib + 3,
    32 * mib - marker.length,
  ];
  const path = makeDisk(`${directory}/borders.img`, 32 * mib, [
    { at: 0, bytes: Buffer.alloc(4 * chunk, 0x2e) },
    ...at.map((offset) => ({ at: offset, bytes: marker })),
  ]);
  const inspection = await inspectDisk(path, { search: [marker] });
  t.strictSame(
    inspection.findings.map(({ offset }) => offset),
    at,
  );
  t.strictSame(inspection.counts, [{ subject: marker, count: at.length, listed: at.length }]);
  // A string that ends in zeros lies half in the hole behind the data.
  const tail = makeDisk(`${directory}/tail.img`, mib, [{ at: 8192 - 3, bytes: 'end' }]);
  const zeros = Buffer.concat([Buffer.from('end'), Buffer.alloc(4000)]);
  const lead = Buffer.concat([Buffer.alloc(9000), Buffer.from('end')]);
  const both = await inspectDisk(tail, { search: [zeros, lead] });
  t.strictSame(
    both.findings.map(({ offset }) => offset),
    [8189],
    'the second would begin before the disk',
  );
  const later = makeDisk(`${directory}/later.img`, mib, [{ at: 40_960, bytes: 'end' }]);
  const before = await inspectDisk(later, { search: [lead] });
  t.strictSame(
    before.findings.map(({ offset }) => offset),
    [40_960 - 9000],
  );
});

await t.test('matches beyond the limit are counted', async (t) => {
  const path = makeDisk(`${t.testdir()}/many.img`, mib, [
    { at: 0, bytes: Buffer.from('ab'.repeat(1000)) },
  ]);
  const inspection = await inspectDisk(path, { search: ['ab'], maxMatches: 10 });
  t.equal(inspection.findings.length, 10);
  t.strictSame(inspection.counts, [{ subject: 'ab', count: 1000, listed: 10 }]);
});

await t.test('a size that is no multiple of a sector', async (t) => {
  const size = 3 * mib + 77;
  const path = makeDisk(`${t.testdir()}/odd.img`, size, [
    { at: size - marker.length, bytes: marker },
  ]);
  const inspection = await inspectDisk(path, { search: [marker] });
  t.equal(inspection.sizeBytes, size);
  t.strictSame(
    inspection.findings.map(({ offset }) => offset),
    [size - marker.length],
  );
});

await t.test('a search that would find everything is refused', async (t) => {
  const path = makeDisk(`${t.testdir()}/blank.img`, mib);
  for (const search of ['', Buffer.alloc(16)]) {
    await t.rejects(inspectDisk(path, { search: [search] }), {
      failureClass: 'scenario',
      code: 'TAPBOOT_E_SEARCH_BLANK',
    });
  }
});

await t.test('a missing image and a missing tool are failures of the host', async (t) => {
  const directory = t.testdir();
  await t.rejects(inspectDisk(`${directory}/none.img`), {
    failureClass: 'infra',
    code: 'TAPBOOT_E_DISK_UNREADABLE',
  });
  await t.rejects(inspectDisk(directory), { code: 'TAPBOOT_E_DISK_UNREADABLE' });
  const path = recordedDisk(directory, 'md-on-gpt-partition');
  const packages = { qemuImg: 'qemu-utils', wipefs: 'util-linux', blkid: 'util-linux' };
  for (const [tool, name] of Object.entries(packages)) {
    const error = await inspectDisk(path, { tools: { [tool]: `no-such-${tool}` } }).catch(
      (reason: unknown) => reason,
    );
    t.ok(error instanceof TapbootError, `without ${tool}`);
    t.match(error, { failureClass: 'infra', code: 'TAPBOOT_E_TOOL_MISSING' });
    t.ok(error instanceof TapbootError && error.details.hint?.includes(name), `names ${name}`);
  }
  await t.rejects(inspectDisk(path, { tools: { blkid: '/bin/false' } }), {
    failureClass: 'infra',
    code: 'TAPBOOT_E_TOOL_FAILED',
  });
  await t.rejects(inspectDisk(path, { tools: { qemuImg: '/bin/true' } }), {
    code: 'TAPBOOT_E_TOOL_FAILED',
  });
});

await t.test('an abort ends the inspection', async (t) => {
  const path = recordedDisk(t.testdir(), 's4-seeded-b');
  const signal = AbortSignal.abort(new Error('enough'));
  await t.rejects(inspectDisk(path, { signal }), /enough/);
});

await t.test('nothing is written', async (t) => {
  const path = recordedDisk(t.testdir(), 'md-on-gpt-partition');
  const sum = async (): Promise<string> => (await execa('sha256sum', [path])).stdout;
  const before = await sum();
  await inspectDisk(path, { search: [marker] });
  t.equal(await sum(), before);
});

await t.test('damaged tables do not stop the inspection', async (t) => {
  const path = recordedDisk(t.testdir(), 'md-on-gpt-partition');
  // The partitions reach far beyond the disk, the table far beyond all bounds.
  patchDisk(path, [
    { at: 1024 + 40, bytes: Buffer.alloc(6, 0xff) },
    { at: 512 + 80, bytes: Buffer.alloc(4, 0xff) },
  ]);
  const { findings } = await inspectDisk(path);
  const superblock = findings.find(({ kind }) => kind === 'md-superblock');
  t.equal(superblock?.detail['in'], 'partition 2 (gpt)', 'by way of the backup table');
  const primary = findings.find(({ offset }) => offset === 512);
  t.equal(primary?.detail['checksum'], 'bad');
});
