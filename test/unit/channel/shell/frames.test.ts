import t from 'tap';
import { FrameParser, type Frame } from '../../../../driver/channel/shell/frames.js';

function parse(...chunks: string[]): { frames: Frame[]; text: string } {
  const frames: Frame[] = [];
  let text = '';
  const parser = new FrameParser(
    (frame) => frames.push(frame),
    (piece) => (text += piece),
  );
  for (const chunk of chunks) parser.push(Buffer.from(chunk, 'latin1'));
  return { frames, text };
}

t.test('frames are lifted out of the text that they interrupt', async (t) => {
  const stream = 'YWJj\x01n1 d 7 0 out\x03\x04err\x02ZGVm\n\x01n1 t 7 o\x02';
  const expected = {
    frames: [
      { nonce: 'n1', kind: 'd', rest: '7 0 out\x03\x04err' },
      { nonce: 'n1', kind: 't', rest: '7 o' },
    ],
    text: 'YWJjZGVm\n',
  };
  t.strictSame(parse(stream), expected);
  for (let cut = 1; cut < stream.length; cut++) {
    t.strictSame(parse(stream.slice(0, cut), stream.slice(cut)), expected, `cut at ${String(cut)}`);
  }
});

t.test('a frame that was cut off does not take the next one with it', async (t) => {
  t.strictSame(parse('\x01old d 3 \x01new h 1\x02').frames, [
    { nonce: 'new', kind: 'h', rest: '1' },
  ]);
});

t.test('what is no frame is dropped', async (t) => {
  t.strictSame(parse('\x01\x02\x01x\x02').frames, []);
});

t.test(
  'a frame without an end takes neither memory nor time, nor the frames behind it',
  async (t) => {
    const frames: Frame[] = [];
    const parser = new FrameParser(
      (frame) => frames.push(frame),
      () => undefined,
    );
    const mebibyte = Buffer.alloc(2 ** 20, 'x');
    const started = performance.now();
    parser.push(Buffer.from('\x01n1 d 7 0 '));
    for (let sent = 0; sent < 600; sent++) parser.push(mebibyte);
    t.ok(performance.now() - started < 10_000);
    parser.push(Buffer.from('\x02\x01n1 h 1\x02'));
    parser.push(Buffer.concat([Buffer.from('\x01'), mebibyte, Buffer.from('\x01n1 h 2\x02')]));
    t.match(frames, [
      { kind: 'h', rest: '1' },
      { kind: 'h', rest: '2' },
    ]);
    t.equal(frames.length, 2, 'the overlong ones are none');
  },
);
