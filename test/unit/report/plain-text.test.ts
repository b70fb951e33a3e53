import t from 'tap';
import {
  duration,
  plainLine,
  plainText,
  truncate,
  width,
  wrap,
} from '../../../driver/report/plain-text.js';

t.test('a guest cannot steer the terminal', async (t) => {
  for (const [dirty, clean] of [
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007x', 'x'],
    ['\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['\u001b[?2004hprompt# ', 'prompt# '],
    ['\u001bPdcs\u001b\\y', 'y'],
    ['a\r\nb\r\r\nc', 'a\nb\nc'],
    ['over\rwritten', 'overwritten'],
    ['\u009b31mcsi\u202eevil', '31mcsievil'],
    ['tab\tand\u0000nul\u0008\u007f', 'tab\tandnul'],
    ['unfinished \u001b[', 'unfinished '],
  ] as const) {
    t.equal(plainText(dirty), clean);
  }
  t.equal(plainLine(' a\n\tb\u2028c \r\n'), 'a b c');
});

t.test('columns', async (t) => {
  t.equal(width('abc'), 3);
  t.equal(width('日本'), 4);
  t.equal(width('e\u0301'), 1);
  t.equal(width('🙂'), 2);
  t.equal(truncate('abcdef', 6), 'abcdef');
  t.equal(truncate('abcdef', 5), 'abcd…');
  t.equal(truncate('日本語', 5), '日本…');
  t.equal(truncate('日本語', 4), '日…');
  t.equal(truncate('abc', 0), '');
  t.strictSame(wrap('the quick brown fox jumps', 11), ['the quick', 'brown fox', 'jumps']);
  t.strictSame(wrap('a\n\nb', 20), ['a', '', 'b']);
});

t.test('durations', async (t) => {
  for (const [milliseconds, text] of [
    [0, '0.0 s'],
    [1249, '1.2 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [3_720_000, '1 h 02 min'],
  ] as const) {
    t.equal(duration(milliseconds), text);
  }
});
