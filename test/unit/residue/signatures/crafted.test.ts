import { execa } from 'execa';
import t, { type Test } from 'tap';
import { crc32, crc32cRaw } from '../../../../driver/residue/checksum.js';
import { inspectDisk, mdPlace } from '../../../../driver/residue/index.js';
import { makeDisk, patchDisk, recordedDisk, type Patch } from '../fixtures/disk.js';

// Formats whose tools are not at hand, laid out by the definitions that the decoders name.
const mib = 2 ** 20;

const wipefsTypes = async (path: string): Promise<string[]> => {
  const { stdout } = await execa('wipefs', ['--no-act', '--noheadings', '--output', 'TYPE', path]);
  return stdout.split('\n').filter(Boolean);
};

/** Finds `kind` at `offset`, then damages the byte at `damage` and finds it no more. */
async function foundUntilDamaged(
  t: Pick<Test, 'equal' | 'strictSame'>,
  path: string,
  kind: string,
  offset: number,
  damage: number,
): Promise<void> {
  const at = async () =>
    (await inspectDisk(path)).findings.filter((f) => f.offset === offset && f.kind === kind);
  t.equal((await at()).length, 1, `${kind} at ${String(offset)}`);
  patchDisk(path, [{ at: damage, bytes: Buffer.from([0x5a]) }]);
  t.strictSame(await at(), [], 'gone with one byte of its magic');
}

await t.test('md 0.90 of a big-endian machine', async (t) => {
  const path = recordedDisk(t.testdir(), 'md-0.90');
  const offset = mdPlace('0.90', 64 * mib);
  const little = Buffer.alloc(4096);
  const { stdout } = await execa(
    'dd',
    [`if=${path}`, 'bs=4096', `skip=${String(offset / 4096)}`, 'count=1', 'status=none'],
    { encoding: 'buffer' },
  );
  little.set(stdout);
  patchDisk(path, [{ at: offset, bytes: Buffer.from(little).swap32() }]);
  const { findings } = await inspectDisk(path);
  t.equal(findings.length, 1);
  t.match(findings[0], {
    kind: 'md-superblock',
    offset,
    detail: {
      byte_order: 'big-endian',
      uuid: 'd7e4b7dd:6d086950:3d186b3c:53958f34',
      checksum: 'ok',
      place: 'place of 0.90',
    },
  });
  await foundUntilDamaged(t, path, 'md-superblock', offset, offset + 2);
});

await t.test('a superblock whose fields were changed has a bad checksum', async (t) => {
  for (const [name, at] of [
    ['md-1.1', 64],
    ['md-0.90', mdPlace('0.90', 64 * mib) + 24],
  ] as const) {
    const path = recordedDisk(t.testdir(), name);
    patchDisk(path, [{ at, bytes: Buffer.from([0x77]) }]);
    const { findings } = await inspectDisk(path);
    t.equal(findings[0]?.detail['checksum'], 'bad', name);
  }
});

await t.test(
  'md superblocks of every version at once, each at its place on an odd size',
  async (t) => {
    const size = 100 * mib + 37 * 512;
    const source = await execa(
      'dd',
      [`if=${recordedDisk(t.testdir(), 'md-1.1')}`, 'bs=4096', 'count=1', 'status=none'],
      { encoding: 'buffer' },
    );
    const patches = (['1.0', '1.1', '1.2'] as const).map((version): Patch => {
      const at = mdPlace(version, size);
      const bytes = Buffer.from(source.stdout);
      bytes.writeBigUInt64LE(BigInt(at / 512), 144);
      return { at, bytes };
    });
    const path = makeDisk(`${t.testdirName}/all.img`, size, patches);
    const { findings } = await inspectDisk(path);
    const superblocks = findings.filter(({ kind }) => kind === 'md-superblock');
    t.strictSame(
      superblocks.map(({ offset, detail }) => [offset, detail['version'], detail['place']]),
      [
        [0, '1.1', 'place of 1.1'],
        [4096, '1.2', 'place of 1.2'],
        // 37 sectors beyond 100 MiB, less 16, rounded down to 8: sector 16 beyond.
        [100 * mib + 16 * 512, '1.0', 'place of 1.0'],
      ],
    );
  },
);

await t.test('a superblock in the middle of nowhere is stray', async (t) => {
  const source = await execa(
    'dd',
    [`if=${recordedDisk(t.testdir(), 'md-1.1')}`, 'bs=4096', 'count=1', 'status=none'],
    { encoding: 'buffer' },
  );
  const path = makeDisk(`${t.testdirName}/stray.img`, 64 * mib, [
    { at: 31 * mib + 512, bytes: source.stdout as Buffer },
  ]);
  const { findings } = await inspectDisk(path);
  t.match(findings, [
    { kind: 'md-superblock', offset: 31 * mib + 512, detail: { place: 'stray', in: '' } },
  ]);
});

await t.test('IMSM anchor, as libblkid sees it too', async (t) => {
  const offset = 16 * mib - 1024;
  const anchor = Buffer.alloc(512);
  anchor.write('Intel Raid ISM Cfg Sig. 1.3.00\0\0', 'latin1');
  anchor.writeUInt32LE(0xcafe0001, 40);
  const path = makeDisk(`${t.testdir()}/imsm.img`, 16 * mib, [{ at: offset, bytes: anchor }]);
  t.strictSame(await wipefsTypes(path), ['isw_raid_member']);
  const { findings } = await inspectDisk(path);
  t.match(findings, [
    {
      kind: 'raid-other',
      offset,
      what: /IMSM.*version 1.3.00, family cafe0001.*last but one sector/,
    },
  ]);
  t.equal(findings.length, 1);
  await foundUntilDamaged(t, path, 'raid-other', offset, offset + 3);
});

await t.test('firmware RAID that libblkid alone knows, at the end of the disk', async (t) => {
  // Silicon Image Medley: magic 0x2F000000 at 0x60 of the last sector.
  const last = 16 * mib - 512;
  const block = Buffer.alloc(512);
  block.writeUInt32LE(0x2f000000, 0x60);
  block.writeUInt16LE(2, 0x10e);
  let sum = 0;
  for (let at = 0; at < 0x13e; at += 2) sum += block.readUInt16LE(at);
  block.writeUInt16LE(-sum & 0xffff, 0x13e);
  const path = makeDisk(`${t.testdir()}/medley.img`, 16 * mib, [{ at: last, bytes: block }]);
  t.strictSame(
    await wipefsTypes(path),
    ['silicon_medley_raid_member'],
    'the fixture is what it should be',
  );
  const { findings } = await inspectDisk(path);
  t.match(findings, [{ kind: 'raid-other', detail: { type: 'silicon_medley_raid_member' } }]);
  patchDisk(path, [{ at: last + 0x63, bytes: Buffer.from([0]) }]);
  t.strictSame((await inspectDisk(path)).findings, []);
});

const label = 256 * 1024;
function zfsLabel(pool: string): Buffer {
  const bytes = Buffer.alloc(label);
  bytes.set(Buffer.from('010100000000000000000001', 'hex'), 16 * 1024);
  const text = Buffer.from(
    `\0\0\0\x04name\0\0\0\x09\0\0\0\x01\0\0\0${String.fromCharCode(pool.length)}${pool}`,
    'latin1',
  );
  bytes.set(text, 16 * 1024 + 20);
  bytes.write('pool_guid', 16 * 1024 + 100, 'latin1');
  for (let index = 0; index < 128; index += 1) {
    const at = 128 * 1024 + index * 1024;
    bytes.writeBigUInt64LE(0x00bab10cn, at);
    bytes.writeBigUInt64LE(5000n, at + 8);
    bytes.writeBigUInt64LE(BigInt(100 + index), at + 16);
  }
  return bytes;
}

await t.test('zfs: four labels, and what is left when labels are lost', async (t) => {
  // nixos-anywhere #179: all labels must go, or the pool is imported again.
  // libblkid looks for zfs from 64 MiB on.
  const size = 80 * mib + 100 * 1024;
  const end = 80 * mib;
  const places = [0, label, end - 2 * label, end - label];
  const path = makeDisk(
    `${t.testdir()}/zfs.img`,
    size,
    places.map((at) => ({ at, bytes: zfsLabel('tank') })),
  );
  const whole = await inspectDisk(path);
  t.strictSame(
    whole.findings.map(({ offset, what }) => [offset, what]),
    places.map((at, index) => [at, `zfs label, pool tank (disk: label ${String(index)})`]),
  );
  t.equal(whole.findings[3]?.detail['uberblocks'], '128');
  t.ok((await wipefsTypes(path)).includes('zfs_member'), 'as libblkid sees it too');
  patchDisk(path, [{ at: 0, bytes: Buffer.alloc(2 * label) }]);
  patchDisk(path, [{ at: end - label + 16 * 1024, bytes: Buffer.alloc(4096) }]);
  const rest = await inspectDisk(path);
  t.strictSame(
    rest.findings.map(({ offset, kind }) => [offset, kind]),
    [
      [end - 2 * label, 'filesystem'],
      [end - label + 128 * 1024, 'filesystem-backup'],
    ],
  );
  t.match(rest.findings[1]?.what, /without their label: 128/);
});

const crafted: Record<string, { kind: string; at: number; damage: number; bytes: Buffer }> = {
  bluestore: {
    kind: 'storage-other',
    at: 0,
    damage: 4,
    bytes: Buffer.from('bluestore block device\n0123abcd-0000-4000-8000-000000000000\n'),
  },
  vdo: { kind: 'storage-other', at: 0, damage: 1, bytes: Buffer.from('dmvdo001') },
  stratis: {
    kind: 'storage-other',
    at: 512,
    damage: 517,
    bytes: Buffer.concat([Buffer.alloc(4), Buffer.from('!Stra0tis\x86\xff\x02^\x41rh', 'latin1')]),
  },
  bcachefs: { kind: 'filesystem', at: 4096, damage: 4121, bytes: bcachefs() },
  verity: {
    kind: 'crypto',
    at: 0,
    damage: 0,
    bytes: Buffer.from('verity\0\0\x01\0\0\0', 'latin1'),
  },
  integrity: { kind: 'crypto', at: 0, damage: 2, bytes: Buffer.from('integrt\0\x03', 'latin1') },
  bitlocker: { kind: 'crypto', at: 0, damage: 5, bytes: bootSector('-FVE-FS-') },
  grub: { kind: 'boot-code', at: 0, damage: 510, bytes: bootSector('', 'GRUB ') },
};
function bcachefs(): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.set(Buffer.from('c68573f666ce90a9d96a60cf803df7ef', 'hex'), 24);
  bytes.writeBigUInt64LE(8n, 104);
  return bytes;
}
function bootSector(oem: string, loader = ''): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write(oem, 3, 'latin1');
  bytes.write(loader, 384, 'latin1');
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
}
for (const [name, { kind, at, damage, bytes }] of Object.entries(crafted)) {
  await t.test(`${name} by its layout`, async (t) => {
    const path = makeDisk(`${t.testdir()}/${name}.img`, 16 * mib, [{ at, bytes }]);
    await foundUntilDamaged(t, path, kind, at, damage);
  });
}

await t.test('the checksums agree with their published check values', (t) => {
  const digits = Buffer.from('123456789');
  t.equal(crc32(digits), 0xcbf43926);
  t.equal(~crc32cRaw(digits, 0xffffffff) >>> 0, 0xe3069283);
  t.end();
});
