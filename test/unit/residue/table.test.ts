import t from 'tap';
import { findingsTable, inspectDisk } from '../../../driver/residue/index.js';
import { makeDisk, recordedDisk } from './fixtures/disk.js';

await t.test('the table lists offset in both bases, kind and what', async (t) => {
  const path = recordedDisk(t.testdir(), 's4-removed');
  const table = findingsTable(await inspectDisk(path, { search: ['residue-marker', 'other'] }));
  t.strictSame(table.split('\n').slice(1), [
    ' offset         hex  kind          what',
    '2101248    0x201000  lvm-area      LVM metadata area, 1020 KiB, names no volume group, checksum ok (stray)',
    '2101760    0x201200  lvm-metadata  LVM metadata text of VG vg_residue, seqno 1, old copy',
    '2102784    0x201600  lvm-metadata  LVM metadata text of VG vg_residue, seqno 2, old copy',
    '2104320    0x201c00  lvm-metadata  LVM metadata text of VG vg_residue, seqno 3, old copy',
    '3145728    0x300000  bytes         "residue-marker", 1 of 1',
    'searched and not found: "other"',
  ]);
  t.match(
    table.split('\n')[0],
    /: 1610612736 bytes, \d+ of them data, 8192 not zero; 5 finding\(s\)$/,
  );
});

await t.test('what was cut and what has no signature is said', async (t) => {
  const path = makeDisk(`${t.testdir()}/text.img`, 1 << 20, [{ at: 8192, bytes: 'abab' }]);
  const cut = findingsTable(await inspectDisk(path, { search: ['ab'], maxMatches: 1 }));
  t.match(cut, /\nab: 2 found, 1 listed/);
  const unknown = findingsTable(await inspectDisk(path));
  t.match(unknown, /\ncontent without a known signature at 8192 \(0x2000\)\+4096$/);
});
