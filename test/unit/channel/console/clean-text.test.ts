import t from 'tap';
import { TerminalCleaner } from '../../../../driver/channel/console/clean-text.js';

const clean = (...chunks: (string | Uint8Array)[]): string => {
  const cleaner = new TerminalCleaner();
  return chunks.map((chunk) => cleaner.push(Buffer.from(chunk))).join('');
};

const PROMPT = '\x1b]0;nixos@nixos: ~\x07\n\x1b[1;32m[\x1b[0mnixos@nixos\x1b[1;32m]$\x1b[0m ';

t.test('colours, titles and bracketed paste vanish', async (t) => {
  t.equal(clean(PROMPT), '\n[nixos@nixos]$ ');
  t.equal(clean('\x1b[?2004hroot# \x1b[?2004l'), 'root# ');
  t.equal(clean('\x1b]2;title\x1b\\text'), 'text', 'a title may end with ST');
  t.equal(clean('\x1b(Bplain\x1b[m'), 'plain');
});

t.test('every cut of a sequence gives the same text', async (t) => {
  const bytes = Buffer.from(`${PROMPT}é\r\nx\x1b[2;7Hy\r\r\n`);
  const whole = clean(bytes);
  for (let cut = 1; cut < bytes.length; cut++) {
    t.equal(clean(bytes.subarray(0, cut), bytes.subarray(cut)), whole, `cut at ${String(cut)}`);
  }
  t.equal(whole, '\n[nixos@nixos]$ é\nx\ny\n');
});

t.test('line ends', async (t) => {
  t.equal(clean('a\r\nb\r\r\nc\rd'), 'a\nb\nc\nd');
  t.equal(clean('a\r', '\nb'), 'a\nb', 'cut between the two');
  t.equal(clean('a\tb\x08\x07\x00c'), 'a\tbc');
});

t.test('a title that was cut off does not swallow what follows', async (t) => {
  t.equal(clean('\x1b]0;title\r\nKernel panic'), '\nKernel panic');
});

t.test('who writes: a screen that is drawn, and a line editor', async (t) => {
  const after = (...chunks: string[]): [boolean, boolean] => {
    const cleaner = new TerminalCleaner();
    for (const chunk of chunks) cleaner.push(Buffer.from(chunk));
    return [cleaner.placed, cleaner.lineEditor];
  };
  t.same(after('\x1b[5;9HOne'), [true, false]);
  t.same(after('\x1b[0', '5;1', 'HOne'), [true, false], 'cut');
  t.same(after('\x1b[12dOne'), [true, false], 'a row alone');
  t.same(after('\x1b[5;9HOne\r\nlogin: '), [false, false], 'a line feed ends it');
  t.same(after('\x1b[5;9HOne\rTwo'), [true, false], 'a return does not');
  t.same(after('\x1b[H\x1b[Jlogin: ', '\x1b[1;1H', '\x1b[01;01H'), [false, false], 'home');
  t.same(after('\x1b7\x1b[999;999H\x1b[6n\x1b8'), [false, false], 'and back');
  t.same(after('\x1b[s\x1b[999;999H\x1b[6n\x1b[u'), [false, false], 'and back');
  t.same(after('\x1b[?2004h# '), [false, true]);
  t.same(after('\x1b[?2004h# \x1b[?2004l\r\n'), [false, false]);
});
