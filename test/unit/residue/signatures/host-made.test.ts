import { execa } from 'execa';
import t from 'tap';
import { inspectDisk } from '../../../../driver/residue/index.js';
import { makeDisk, patchDisk } from '../fixtures/disk.js';

// Made afresh by programs that the project needs anyway.
const mib = 2 ** 20;

const found = async (path: string): Promise<string[]> =>
  (await inspectDisk(path)).findings.map(
    ({ offset, kind, detail }) => `${String(offset)} ${kind} ${detail['type'] ?? ''}`,
  );

for (const [blockSize, group] of [
  [1024, 8192 * 1024 + 1024],
  [2048, 16384 * 2048],
  [4096, 32768 * 4096],
] as const) {
  await t.test(
    `ext4 with blocks of ${String(blockSize)}: backups without the primary`,
    async (t) => {
      const path = makeDisk(`${t.testdir()}/ext.img`, 1024 * mib);
      await execa('mkfs.ext4', ['-q', '-F', '-b', String(blockSize), path]);
      const whole = await found(path);
      t.equal(whole[0], '1024 filesystem ext4');
      t.equal(whole[1], `${String(group)} filesystem-backup ext4`, 'sparse_super: group 1 first');
      patchDisk(path, [{ at: 0, bytes: Buffer.alloc(4096) }]);
      const { findings } = await inspectDisk(path);
      t.equal(findings[0]?.offset, group);
      t.equal(findings[0]?.detail['in'], 'disk', 'and still says where the file system began');
      t.equal(findings.length, whole.length - 1);
    },
  );
}

await t.test('swap, for two page sizes', async (t) => {
  for (const page of [4096, 65536]) {
    const path = makeDisk(`${t.testdir()}/swap.img`, 8 * mib);
    await execa('mkswap', ['--pagesize', String(page), '--label', 'old', path]);
    const { findings } = await inspectDisk(path);
    t.match(findings, [
      { kind: 'swap', offset: 0, length: page, detail: { label: 'old', page_size: String(page) } },
    ]);
    t.equal(findings.length, 1);
    patchDisk(path, [{ at: page - 1, bytes: 'x' }]);
    t.strictSame(await found(path), []);
  }
});

await t.test('erofs, squashfs and ISO 9660', async (t) => {
  const directory = t.testdir({ tree: { file: 'content' } });
  const cases = [
    {
      name: 'erofs',
      command: ['mkfs.erofs', '--quiet', 'erofs.img', 'tree'],
      at: '1024 filesystem erofs',
      damage: 1025,
    },
    {
      name: 'squashfs',
      command: ['mksquashfs', 'tree', 'squashfs.img', '-quiet', '-no-progress'],
      at: '0 filesystem squashfs',
      damage: 1,
    },
    {
      name: 'iso',
      command: ['xorriso', '-as', 'mkisofs', '-quiet', '-V', 'LIVE', '-o', 'iso.img', 'tree'],
      at: '32768 filesystem iso9660',
      damage: 32769,
    },
  ];
  for (const { name, command, at, damage } of cases) {
    const [program = '', ...args] = command;
    await execa(program, args, { cwd: directory });
    const path = `${directory}/${name}.img`;
    const before = await found(path);
    t.ok(before.includes(at), name, { before });
    patchDisk(path, [{ at: damage, bytes: Buffer.from([0x5a]) }]);
    t.notOk((await found(path)).includes(at), `${name}, damaged`);
  }
});

await t.test('FAT16 by mtools', async (t) => {
  const path = makeDisk(`${t.testdir()}/fat.img`, 16 * mib);
  await execa('mformat', [
    '-i',
    path,
    '-T',
    String((16 * mib) / 512),
    '-h',
    '16',
    '-s',
    '32',
    '-v',
    'BOOT',
    '::',
  ]);
  const { findings } = await inspectDisk(path);
  t.match(findings[0], { kind: 'filesystem', offset: 0, detail: { type: 'vfat' } });
  t.equal(findings.length, 1);
});

await t.test('two formats on one disk are both found', async (t) => {
  // rear #2514: one wipe of the first signature is not enough.
  const path = makeDisk(`${t.testdir()}/both.img`, 64 * mib);
  await execa('mkfs.ext4', ['-q', '-F', path]);
  await execa('mkswap', ['--force', path]);
  const { stdout } = await execa('wipefs', ['--no-act', '--noheadings', '--output', 'TYPE', path]);
  t.equal(stdout, 'swap', 'wipefs sees the younger one only');
  const both = await found(path);
  t.equal(both[0], '0 swap swap');
  t.equal(both[1], '8389632 filesystem-backup ext4');
});
