// The terminal of the report's page: what it shows, and what it keeps of what it has shown.
import t from 'tap';
import {
  lineText,
  MARKS,
  PLAIN,
  RGB,
  Terminal,
  type TerminalLine,
} from '../../../../driver/report/html/client/terminal.js';

const texts = (lines: readonly TerminalLine[]): string[] => lines.map(lineText);

async function terminalAfter(output: string, columns = 20): Promise<Terminal> {
  const terminal = new Terminal(columns, 5);
  terminal.write(output);
  await terminal.settled();
  return terminal;
}

/** What is on a screen of five rows after some output. */
const shown = async (output: string, columns?: number): Promise<string[]> =>
  texts((await terminalAfter(output, columns)).screen);

/** What has left it. */
const kept = async (output: string, columns?: number): Promise<string[]> =>
  texts((await terminalAfter(output, columns)).history);

t.test('the alternate screen: entered, left, and kept', async (t) => {
  const entered = '$ installer\r\n\x1b[?1049h\x1b[H\x1b[2J\x1b[2;3HChoose a disk';
  t.same(await shown(entered), ['', '  Choose a disk']);
  t.same(await kept(entered), []);
  const left = `${entered}\x1b[?1049l$ `;
  t.same(await shown(left), ['$ installer', '$']);
  t.same(await kept(left), ['', '  Choose a disk']);
  const all = await (await terminalAfter(entered)).end();
  t.same(texts(all), ['$ installer', '', '  Choose a disk'], 'what it covers is not lost');
});

t.test('lines are inserted and deleted', async (t) => {
  const four = 'one\r\ntwo\r\nthree\r\nfour';
  t.same(await shown(`${four}\x1b[2;1H\x1b[Lnew`), ['one', 'new', 'two', 'three', 'four']);
  t.same(await shown(`${four}\x1b[2;1H\x1b[2M`), ['one', 'four']);
  t.same(await shown(`abcd\x1b[2G\x1b[2@`), ['a  bcd'], 'and characters');
});

t.test('a scroll region', async (t) => {
  const five = 'a\r\nb\r\nc\r\nd\r\ne';
  const down = `${five}\x1b[2;4r\x1b[4;1H\nnew`;
  t.same(await shown(down), ['a', 'c', 'd', 'new', 'e'], 'what is around it stays');
  t.same(await kept(down), []);
  t.same(await shown(`${five}\x1b[2;4r\x1b[2;1H\x1bMnew`), ['a', 'new', 'b', 'c', 'e']);
  const status = '\x1b[5;1H[ 50 %]\x1b[1;4r\x1b[Hone\r\ntwo\r\nthree\r\nfour\r\nfive\r\nsix';
  t.same(await shown(status), ['three', 'four', 'five', 'six', '[ 50 %]']);
  t.same(await kept(status), ['one', 'two'], 'lines scroll away above a status line');
});

t.test('wide characters take two columns, combining ones none', async (t) => {
  t.same(await shown('日本\x1b[5Gx'), ['日本x']);
  t.same(await shown('日本\x1b[2Gx'), [' x本'], 'half of one is none');
  t.same(await shown('e\u0301\x1b[2Gx'), ['e\u0301x']);
  t.same(await shown('日本語日本語', 5), ['日本語日本語'], 'no blank where one had no room');
});

t.test('a line that is too long is one line, in firmware too', async (t) => {
  const long = '0123456789 0123456789 end';
  t.same(await shown(`${long}\r\n$`, 11), [long, '$']);
  t.same(await shown(`\x1bc\x1b[?7l${long}`, 11), [long]);
  t.same(await kept(`${long}\r\n1\r\n2\r\n3\r\n4\r\n5\r\n6`, 11), [long, '1']);
  const full = '\x1b[?1049h0123456789a';
  t.same(await shown(full, 10), ['0123456789', 'a'], 'a full-screen program knows its rows');
});

t.test('screens that are cleared are kept', async (t) => {
  for (const clear of ['\x1b[2J', '\x1b[H\x1b[J', '\x1bc', '\x1b[H\x1b[2J\x1b[3J']) {
    const cleared = `old\r\n\r\ntext${clear}\x1b[Hnew`;
    t.same(await shown(cleared), ['new']);
    t.same(await kept(cleared), ['old', '', 'text']);
  }
  t.same(await shown('menu\x1b[1;3H\x1b[J'), ['me']);
  t.same(await kept('menu\x1b[1;3H\x1b[J'), [], 'what is erased from is not cleared');
});

t.test('colours and marks', async (t) => {
  const terminal = await terminalAfter(
    'plain \x1b[1;31mred\x1b[0;38;5;200;7mpink\x1b[m\x1b[48;2;1;2;3m  \x1b[m  ',
  );
  const bits = (...names: string[]): number =>
    MARKS.reduce((sum, name, bit) => sum + (names.includes(name) ? 1 << bit : 0), 0);
  t.same(terminal.screen[0]?.runs, [
    { text: 'plain ', style: PLAIN },
    { text: 'red', style: { fg: 1, bg: -1, marks: bits('bold') } },
    { text: 'pink', style: { fg: 200, bg: -1, marks: bits('reverse') } },
    { text: '  ', style: { fg: -1, bg: RGB + 0x010203, marks: 0 } },
  ]);
});

t.test('a sequence may come in pieces', async (t) => {
  const whole = 'a\x1b[2;5Hb\x1b[1;3H\x1b]0;title\x07c\u{1f600}';
  const terminal = new Terminal(20, 5);
  for (let at = 0; at < whole.length; at++) terminal.write(whole.charAt(at));
  await terminal.settled();
  t.same(texts(terminal.screen), ['a c\u{1f600}', '    b']);
});

t.test('each line knows when it last changed', async (t) => {
  const terminal = new Terminal(20, 3);
  terminal.write('one\r\ntwo\r\n', 1);
  terminal.write('three\r\nfour\r\n', 2);
  terminal.write('\x1b[1;1HTHREE\x1b[3;1H', 3);
  terminal.write('five\r\nsix', 4);
  const lines = await terminal.end();
  t.same(
    lines.map((line) => [line.at, lineText(line)]),
    [
      [1, 'one'],
      [1, 'two'],
      [3, 'THREE'],
      [2, 'four'],
      [4, 'five'],
      [4, 'six'],
    ],
  );
});

t.test('nothing is lost in a long stream', async (t) => {
  const count = 60_000;
  const terminal = new Terminal(132, 43);
  terminal.write(Array.from({ length: count }, (_, line) => `line ${String(line)}\r\n`).join(''));
  const lines = texts(await terminal.end());
  t.equal(lines.length, count);
  t.equal(
    lines.find((line, index) => line !== `line ${String(index)}`),
    undefined,
  );
});

t.test('a guest cannot keep it busy', async (t) => {
  const from = performance.now();
  const most = '2147483647';
  const counted = [...'@ILMPSTXZ^bABCDEFGHadefr`'].map((final) => `\x1b[${most}${final}`).join('');
  const screen = await shown(`x${counted}\x1b[${most};${most}H\x1b[H\x1b[Kstill here`);
  t.equal(screen[0], 'still here');
  t.ok(performance.now() - from < 10_000);
});
