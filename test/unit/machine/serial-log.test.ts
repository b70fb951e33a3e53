import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ConsoleRecording } from '../../../driver/machine/console-recording.js';
import { SerialLog } from '../../../driver/machine/serial-log.js';

t.test('a console below the limit is in its log byte by byte', async (t) => {
  const path = join(t.testdir(), 'serial.log');
  const log = new SerialLog(path, t.fail, undefined, { bytes: 10, tail: 4 });
  log.write(Buffer.from('12345'));
  log.write(Buffer.from('67890'));
  t.equal(readFileSync(path, 'utf8'), '1234567890', 'at once');
  log.close();
  t.equal(readFileSync(path, 'utf8'), '1234567890');
});

t.test(
  'of a console that floods, the beginning and the end are kept, and that is told',
  async (t) => {
    const path = join(t.testdir(), 'serial.log');
    const told: string[] = [];
    const limits = { bytes: 1000, tail: 100 };
    const log = new SerialLog(path, ({ message }) => told.push(message), undefined, limits);
    const chunk = Buffer.alloc(64, 'x');
    for (let sent = 0; sent < 100_000; sent++) log.write(chunk);
    log.write(Buffer.from('Kernel panic\n'));
    t.equal(statSync(path).size, 1000, 'nothing more is written meanwhile');
    log.close();
    log.close();
    const text = readFileSync(path, 'utf8');
    t.match(
      text,
      /^x{1000}\n\[tapboot: \d+ bytes of the console are left out here\]\nx+Kernel panic\n$/,
    );
    t.ok(text.endsWith(`${'x'.repeat(87)}Kernel panic\n`));
    t.equal(
      text.length,
      1000 + '\n[tapboot: 6398913 bytes of the console are left out here]\n'.length + 100,
    );
    t.match(told, [/limit of 1000 bytes; of what follows, the last 100/]);
  },
);

t.test('what is a little more than the limit is whole', async (t) => {
  const path = join(t.testdir(), 'serial.log');
  const log = new SerialLog(path, () => undefined, undefined, { bytes: 5, tail: 7 });
  for (const piece of ['123', '456', '789', '012']) log.write(Buffer.from(piece));
  log.close();
  t.equal(readFileSync(path, 'utf8'), '123456789012');
});

t.test('a recording ends at its limit, with a mark', async (t) => {
  const path = join(t.testdir(), 'serial.cast');
  const told: string[] = [];
  const recording = new ConsoleRecording(path, {
    title: 'x',
    limit: 20_000,
    onError: ({ message }) => told.push(message),
  });
  recording.started(performance.now());
  for (let sent = 0; sent < 1000; sent++) recording.output(Buffer.alloc(4096, 'x'));
  recording.close();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  t.ok(statSync(path).size < 25_000);
  t.match(JSON.parse(lines.at(-1) ?? ''), [Number, 'm', /limit/]);
  t.match(told, [/limit/]);
});
