import t from 'tap';
import { decodeKeys } from '../../../../driver/steps/console/schema.js';

t.test('keys as a terminal sends them', async (t) => {
  const right: Record<string, string> = {
    'root\\r': 'root\r',
    '^C': '\x03',
    '^c': '\x03',
    '^[[A': '\x1b[A',
    '\\e[A': '\x1b[A',
    '^]': '\x1d',
    '^@': '\0',
    '^?': '\x7f',
    '2^^3': '2^3',
    'a\\\\r': 'a\\r',
    '\\x1b\\x4F': '\x1bO',
    'a\r\n': 'a\r\n',
    'é $x': 'é $x',
  };
  for (const [written, text] of Object.entries(right)) {
    t.same(decodeKeys(written), { ok: true, text }, JSON.stringify(written));
  }
  for (const [written, unknown] of [
    ['a\\q', '\\q'],
    ['a\\', '\\'],
    ['^1', '^1'],
    ['^', '^'],
    ['\\x1', '\\x'],
  ] as const) {
    t.same(decodeKeys(written), { ok: false, unknown }, JSON.stringify(written));
  }
});
