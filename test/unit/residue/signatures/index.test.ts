import t from 'tap';
import { decoders } from '../../../../driver/residue/signatures.generated.js';

/** A small generator with a fixed seed (xorshift32): the same bytes in every run. */
function randomBytes(length: number): Buffer {
  let state = 2463534242;
  return Buffer.from(
    Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    }),
  );
}

const pool = randomBytes(1 << 18);

await t.test('no decoder throws, whatever follows its magic', (t) => {
  let accepted = 0;
  for (const decoder of decoders) {
    const { magics, window } = decoder;
    for (const magic of magics) {
      for (let round = 1; round <= 200; round += 1) {
        const from = round * 911;
        const bytes = Buffer.from(pool.subarray(from, from + window.before + window.length));
        bytes.set(magic.bytes, window.before + magic.at);
        const signature = decoder.decode(bytes, round * 512);
        if (signature === undefined) continue;
        accepted += 1;
        if (!/^[^\n]+$/.test(signature.what)) t.fail('a description is one line', { signature });
      }
    }
  }
  t.ok(accepted > 0, 'formats without further fields accept anything');
  t.end();
});

await t.test('every magic lies within a sector, and needs two bytes', (t) => {
  for (const { magics } of decoders) {
    for (const { at, bytes } of magics) {
      if (bytes.length < 2 || at < 0 || at + bytes.length > 512) t.fail('a magic out of bounds');
    }
  }
  t.ok(decoders.length > 30);
  t.end();
});
