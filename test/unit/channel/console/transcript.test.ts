import t from 'tap';
import { ConsoleTranscript } from '../../../../driver/channel/console/transcript.js';

function transcript(carried?: Uint8Array): {
  it: ConsoleTranscript;
  log: () => string;
  at: (ms: number) => void;
} {
  const written: Uint8Array[] = [];
  let now = 0;
  const it = new ConsoleTranscript({
    sink: { write: (bytes) => written.push(bytes) },
    clock: () => now,
    carried: carried === undefined ? undefined : { bytes: carried },
  });
  return { it, log: () => Buffer.concat(written).toString(), at: (ms) => (now = ms) };
}

t.test('the log gets the raw bytes, memory the plain text', async (t) => {
  const { it, log, at } = transcript();
  const heard: [string, number][] = [];
  it.onData((text, offset) => heard.push([text, offset]));
  at(10);
  it.push(Buffer.from('\x1b[1mlogin: '));
  at(12);
  it.push(Buffer.from('root\r\n'));
  at(500);
  it.push(Buffer.from('x'));
  t.equal(log(), '\x1b[1mlogin: root\r\nx');
  t.equal(it.text(), 'login: root\nx');
  t.strictSame(heard, [
    ['login: ', 0],
    ['root\n', 7],
    ['x', 12],
  ]);
  t.strictSame(it.timeline, [
    { byteOffset: 0, atMs: 10 },
    { byteOffset: 17, atMs: 500 },
  ]);
  t.equal(it.lastDataMs, 500);
});

t.test('what a snapshot carries comes first, in the log as well', async (t) => {
  const { it, log } = transcript(Buffer.from('old login: '));
  it.push(Buffer.from('new'));
  t.equal(log(), 'old login: new');
  t.equal(it.text(), 'old login: new');
  t.equal(it.timeline[0]?.atMs, -1);
});

t.test('memory is bounded and offsets keep their meaning', async (t) => {
  const { it } = transcript();
  const line = `${'x'.repeat(1023)}\n`;
  for (let kib = 0; kib < 6 * 1024; kib++) it.push(Buffer.from(line));
  const mark = it.mark();
  it.push(Buffer.from('the end'));
  t.equal(mark, 6 * 1024 * 1024);
  t.equal(it.text(mark), 'the end');
  t.ok(it.text().length <= 5.1 * 1024 * 1024, String(it.text().length));
  t.equal(it.start + it.text().length, it.length);
});

t.test('the end is told once', async (t) => {
  const { it } = transcript();
  let ends = 0;
  it.onEnd(() => ends++);
  it.end();
  it.end();
  t.equal(ends, 1);
  t.equal(it.ended, true);
});
