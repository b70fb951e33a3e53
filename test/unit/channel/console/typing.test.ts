import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { batches, cksum, linesThatWrite } from '../../../../driver/channel/console/typing.js';

const everyByte = Uint8Array.from({ length: 5 * 256 }, (_, index) => index % 256);

for (const shell of ['sh', 'bash']) {
  t.test(`${shell} writes exactly the bytes that were meant`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'tapboot-typing-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'file');
    const lines = linesThatWrite(everyByte, file);
    await execa(shell, { input: `${lines.join('\n')}\n` });
    t.ok(readFileSync(file).equals(everyByte));
    t.ok(
      lines.every((line) => line.length < 1024 && /^[\x20-\x7e]*$/.test(line)),
      'each line can be typed',
    );
  });
}

t.test('cksum is POSIX cksum', async (t) => {
  for (const bytes of [everyByte, Buffer.from(''), Buffer.from('tapboot\n')]) {
    const { stdout } = await execa('cksum', { input: bytes });
    t.equal(`${String(cksum(bytes))} ${String(bytes.length)}`, stdout);
  }
});

t.test('batches keep all lines and their order', async (t) => {
  const lines = Array.from({ length: 40 }, (_, index) => `${String(index)} ${'x'.repeat(300)}`);
  const parts = batches(lines, 1000);
  t.strictSame(parts.flat(), lines);
  t.ok(parts.every((part) => part.join('\n').length <= 1000));
  t.strictSame(batches(['x'.repeat(5000)], 1000).length, 1, 'a long line is a batch of its own');
});
