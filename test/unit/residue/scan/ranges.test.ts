import t from 'tap';
import { readRanges } from '../../../../driver/residue/scan/ranges.js';

await t.test(
  'extents are widened to blocks and by the margin, within the disk, and joined',
  (t) => {
    t.strictSame(readRanges([{ offset: 0, length: 4096 }], 10, 1 << 20), [
      { offset: 0, length: 4106 },
    ]);
    t.strictSame(readRanges([{ offset: 8192, length: 4096 }], 10, 12_288), [
      { offset: 4096, length: 8192 },
    ]);
    t.strictSame(
      readRanges(
        [
          { offset: 0, length: 4096 },
          { offset: 8192, length: 4096 },
        ],
        1,
        1 << 20,
      ),
      [{ offset: 0, length: 12_289 }],
    );
    t.strictSame(
      readRanges(
        [
          { offset: 4096, length: 4096 },
          { offset: 40_960, length: 4096 },
        ],
        0,
        1 << 20,
      ),
      [
        { offset: 4096, length: 4096 },
        { offset: 40_960, length: 4096 },
      ],
    );
    t.strictSame(readRanges([], 100, 1 << 20), []);
    t.end();
  },
);
