import t from 'tap';
import { ByteSearch } from '../../../../driver/residue/scan/bytes.js';

/** All occurrences, the plain way. */
function everywhere(bytes: Buffer, pattern: Buffer): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(pattern); at !== -1; at = bytes.indexOf(pattern, at + 1))
    found.push(at);
  return found;
}

function inChunks(bytes: Buffer, pattern: Buffer, sizes: readonly number[]): number[] {
  const found: number[] = [];
  const search = new ByteSearch(pattern, (at) => found.push(at));
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    // A fresh copy that is overwritten afterwards, as the reader does with its memory.
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    search.feed(chunk, at);
    chunk.fill(0xee);
    at += size;
  }
  return found.sort((a, b) => a - b);
}

await t.test('any cut into chunks finds what one search finds', (t) => {
  const bytes = Buffer.from('abaababaabaababaababaabaababaabaab'.repeat(20));
  for (const pattern of ['a', 'ab', 'aba', 'abaab', 'abaababaabaab', 'zz']) {
    const wanted = everywhere(bytes, Buffer.from(pattern));
    for (const sizes of [[1], [2], [3], [1, 7], [5, 1, 1], [13], [64], [1000]]) {
      t.strictSame(
        inChunks(bytes, Buffer.from(pattern), sizes),
        wanted,
        `${pattern} in chunks of ${sizes.join(',')}`,
      );
    }
  }
  t.end();
});

await t.test('what only looks adjacent is not joined', (t) => {
  const found: number[] = [];
  const search = new ByteSearch(Buffer.from('abcd'), (at) => found.push(at));
  search.feed(Buffer.from('..ab'), 0);
  search.feed(Buffer.from('cd..'), 8);
  search.feed(Buffer.from('..ab'), 100);
  search.feed(Buffer.from('cd..'), 104);
  t.strictSame(found, [102]);
  t.end();
});
