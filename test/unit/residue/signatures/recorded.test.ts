import t from 'tap';
import { inspectDisk, type Finding } from '../../../../driver/residue/index.js';
import { patchDisk, recordedDisk } from '../fixtures/disk.js';

/** `offset kind type`, and a word that the description must hold. */
type Expected = readonly [offset: number, kind: string, type: string, what: string];

/** All that is on each recorded disk, in order: nothing more and nothing less. */
const disks: Record<string, readonly Expected[]> = {
  'md-0.90': [
    [
      67043328,
      'md-superblock',
      'linux_raid_member',
      '0.90, raid1 of 2, array md1, uuid d7e4b7dd:6d086950:3d186b3c:53958f34, checksum ok (disk: place of 0.90)',
    ],
  ],
  'md-1.0-bitmap-ext4': [
    [1024, 'filesystem', 'ext4', 'ext4 superblock, 63.9 MiB'],
    [8389632, 'filesystem-backup', 'ext4', 'group 1'],
    [25166848, 'filesystem-backup', 'ext4', 'group 3'],
    [41944064, 'filesystem-backup', 'ext4', 'group 5'],
    [58721280, 'filesystem-backup', 'ext4', 'group 7'],
    [67092480, 'md-bitmap', 'md_bitmap', '938be873:c8b85ecd:81b581b9:784e0c9c'],
    [
      67100672,
      'md-superblock',
      'linux_raid_member',
      '1.0, raid1 of 2, array (none):2, uuid 938be873:c8b85ecd:81b581b9:784e0c9c, checksum ok (disk: place of 1.0)',
    ],
  ],
  'md-1.1': [
    [
      0,
      'md-superblock',
      'linux_raid_member',
      '1.1, raid1 of 2, array (none):3, uuid c4fdb56e:e4424ad3:88861589:521e0b55, checksum ok (disk: place of 1.1)',
    ],
  ],
  'md-raid5-ppl': [
    [4096, 'md-superblock', 'linux_raid_member', '1.2, raid5 of 3'],
    [8192, 'md-ppl', 'md_ppl', 'partial parity log'],
  ],
  'md-on-gpt-partition': [
    [0, 'partition-table', 'PMBR', 'protective MBR'],
    [
      512,
      'partition-table',
      'gpt',
      'primary header, disk f3d07825-9bc7-7746-ad32-971f7b6de706, checksum ok',
    ],
    [1024, 'partition-table', 'gpt_entries', '2 used, checksum ok (disk: primary)'],
    [17829888, 'md-superblock', 'linux_raid_member', '(partition 2 (gpt): place of 1.2)'],
    [67091968, 'partition-table', 'gpt_entries', '2 used, checksum ok (disk: backup)'],
    [67108352, 'partition-table', 'gpt', 'backup header'],
  ],
  'ddf-container': [
    [33554432, 'raid-other', 'ddf_raid_member', 'secondary header'],
    [50331648, 'raid-other', 'ddf_raid_member', 'primary header'],
    [
      67108352,
      'raid-other',
      'ddf_raid_member',
      'anchor header, revision 01.02.00, Linux-MD........X4x....v, checksum ok (disk: last sector)',
    ],
  ],
  xfs: [
    [0, 'filesystem', 'xfs', '300 MiB, uuid 9bea6cbd-5a7f-4a1e-9a12-e4a60572d1a3 (disk: primary)'],
    [78643200, 'filesystem-backup', 'xfs', 'allocation group 1 of 4'],
    [157286400, 'filesystem-backup', 'xfs', 'allocation group 2 of 4'],
    [235929600, 'filesystem-backup', 'xfs', 'allocation group 3 of 4'],
  ],
  btrfs: [
    [65536, 'filesystem', 'btrfs', 'label data (disk: primary)'],
    [67108864, 'filesystem-backup', 'btrfs', 'mirror 1'],
  ],
  luks1: [
    [0, 'crypto', 'crypto_LUKS', 'LUKS1 primary header, uuid fa93085c-fa02-4b45-b58c-ce186b2e6711'],
  ],
  luks2: [
    [
      0,
      'crypto',
      'crypto_LUKS',
      'LUKS2 primary header, uuid 4f1ee39e-4063-4df5-86a7-38667edba478 (disk: primary)',
    ],
    [
      16384,
      'crypto',
      'crypto_LUKS',
      'LUKS2 secondary header, uuid 4f1ee39e-4063-4df5-86a7-38667edba478 (disk: secondary)',
    ],
  ],
  ntfs: [
    [0, 'filesystem', 'ntfs', '(disk: primary)'],
    [16776704, 'filesystem-backup', 'ntfs', 'backup boot sector'],
  ],
  exfat: [
    [0, 'filesystem', 'exfat', '16 MiB (disk: primary)'],
    [6144, 'filesystem-backup', 'exfat', 'backup boot sector'],
  ],
  fat32: [
    [0, 'filesystem', 'vfat', 'FAT32 boot sector, 64 MiB, label BOOT (disk: primary)'],
    [3072, 'filesystem-backup', 'vfat', 'backup boot sector'],
  ],
  f2fs: [
    [1024, 'filesystem', 'f2fs', 'uuid 42a8586d-06fa-4dbc-8c00-62b053e5a46a'],
    [5120, 'filesystem-backup', 'f2fs', 'second copy'],
  ],
  jfs: [
    [32768, 'filesystem', 'jfs', 'uuid 1d8f7a19-0808-4514-ad35-38777a4616fa'],
    [61440, 'filesystem-backup', 'jfs', 'second copy'],
  ],
  reiserfs: [[65536, 'filesystem', 'reiserfs', 'uuid 41e2c76e-8511-4d59-9186-48d2bff1855f']],
  // Known to libblkid alone, which tells the place of the magic.
  nilfs2: [
    [1030, 'filesystem', 'nilfs2', 'as wipefs sees it'],
    [167768070, 'filesystem', 'nilfs2', 'as wipefs sees it'],
  ],
  bcache: [
    [
      4096,
      'storage-other',
      'bcache',
      'backing superblock, uuid 1c7b8957-1f73-4c7f-bb9c-b4d2a62a81fa (disk: primary)',
    ],
  ],
  drbd: [[16773120, 'storage-other', 'drbd', 'last 4 KiB']],
  'mbr-logical': [
    [0, 'partition-table', 'dos', '3 entries, id c6d7a805'],
    [20971520, 'partition-table', 'dos', 'extended boot record'],
    [30408704, 'partition-table', 'dos', 'extended boot record'],
  ],
  gpt: [
    [0, 'partition-table', 'PMBR', 'protective MBR'],
    [512, 'partition-table', 'gpt', 'primary header'],
    [1024, 'partition-table', 'gpt_entries', '2 used, checksum ok (disk: primary)'],
    [67091968, 'partition-table', 'gpt_entries', '2 used, checksum ok (disk: backup)'],
    [67108352, 'partition-table', 'gpt', 'backup header'],
  ],
  // wipefs takes the magics; the entries stay.
  'gpt-wiped': [
    [1024, 'partition-table', 'gpt_entries', 'the first: EFI system, blocks 2048 to 34815'],
    [67091968, 'partition-table', 'gpt_entries', 'the first: EFI system'],
  ],
};

const places = (findings: readonly Finding[]): string[] =>
  findings.map(({ offset, kind, detail }) => `${String(offset)} ${kind} ${detail['type'] ?? ''}`);

for (const [name, expected] of Object.entries(disks)) {
  await t.test(`the recorded disk ${name}`, async (t) => {
    const path = recordedDisk(t.testdir(), name);
    const { findings, counts } = await inspectDisk(path);
    t.strictSame(
      places(findings),
      expected.map(([offset, kind, type]) => `${String(offset)} ${kind} ${type}`),
    );
    for (const [index, [, , , what]] of expected.entries()) {
      t.ok(findings[index]?.what.includes(what), `finding ${String(index)} says: ${what}`, {
        found: findings[index]?.what,
      });
    }
    for (const { subject, count, listed } of counts)
      t.equal(listed, count, `all ${subject} listed`);
  });
}

/** One byte of the magic at `at` is changed; then nothing of that type may lie at `offset`. */
const damages: Record<string, readonly { offset: number; at: number }[]> = {
  'md-0.90': [{ offset: 67043328, at: 67043330 }],
  'md-1.0-bitmap-ext4': [
    { offset: 1024, at: 0x438 },
    { offset: 8389632, at: 8389632 + 0x39 },
    { offset: 67092480, at: 67092483 },
    { offset: 67100672, at: 67100672 },
  ],
  'md-1.1': [{ offset: 0, at: 3 }],
  'md-raid5-ppl': [
    { offset: 4096, at: 4097 },
    { offset: 8192, at: 8192 + 533 },
  ],
  'md-on-gpt-partition': [{ offset: 17829888, at: 17829889 }],
  'ddf-container': [
    { offset: 33554432, at: 33554433 },
    { offset: 67108352, at: 67108354 },
  ],
  xfs: [
    { offset: 0, at: 3 },
    { offset: 157286400, at: 157286401 },
  ],
  btrfs: [
    { offset: 65536, at: 0x10047 },
    { offset: 67108864, at: 67108864 + 0x40 },
  ],
  luks1: [{ offset: 0, at: 5 }],
  luks2: [
    { offset: 0, at: 0 },
    { offset: 16384, at: 16387 },
  ],
  ntfs: [
    { offset: 0, at: 6 },
    { offset: 16776704, at: 16776704 + 4 },
  ],
  exfat: [
    { offset: 0, at: 5 },
    { offset: 6144, at: 6147 },
  ],
  fat32: [{ offset: 3072, at: 3072 + 82 }],
  f2fs: [
    { offset: 1024, at: 1025 },
    { offset: 5120, at: 5122 },
  ],
  jfs: [
    { offset: 32768, at: 32770 },
    { offset: 61440, at: 61440 },
  ],
  reiserfs: [{ offset: 65536, at: 65536 + 53 }],
  nilfs2: [{ offset: 1030, at: 1030 }],
  bcache: [{ offset: 4096, at: 4096 + 24 }],
  drbd: [{ offset: 16773120, at: 16773120 + 61 }],
  'mbr-logical': [{ offset: 0, at: 510 }],
  gpt: [
    { offset: 0, at: 511 },
    { offset: 512, at: 515 },
    { offset: 67108352, at: 67108352 },
  ],
  'gpt-wiped': [{ offset: 1024, at: 1024 }],
};

for (const [name, places] of Object.entries(damages)) {
  for (const { offset, at } of places) {
    await t.test(
      `${name}: one damaged byte at ${String(at)} hides the finding at ${String(offset)}`,
      async (t) => {
        const path = recordedDisk(t.testdir(), name);
        const before = (await inspectDisk(path)).findings.find(
          (finding) => finding.offset === offset,
        );
        t.ok(before, 'found while whole');
        patchDisk(path, [{ at, bytes: Buffer.from([0x5a]) }]);
        const { findings } = await inspectDisk(path);
        const same = findings.filter(
          (finding) =>
            finding.offset === offset && finding.detail['type'] === before?.detail['type'],
        );
        t.strictSame(same, []);
      },
    );
  }
}

await t.test('every recorded disk has a damage case', (t) => {
  t.strictSame(Object.keys(damages).sort(), Object.keys(disks).sort());
  t.end();
});
