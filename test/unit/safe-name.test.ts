import t from 'tap';
import { safeName } from '../../driver/safe-name.js';

t.test('a readable id is its own name', async (t) => {
  for (const id of ['provisions-clean-disk', 'x-2', 'a.b_c', '0', `a${'b'.repeat(99)}`]) {
    t.equal(safeName(id), id);
  }
});

t.test('any id gives one file name of its own, inside the directory', async (t) => {
  const ids = [
    ...['', ' ', '.', '..', '...', '/', '//', '-', '--help', '~', '.hidden', '\0', '\n', '\t'],
    ...['x[level=one]', 'x[level=one', 'x[level=/../../..]', 'x-level-one', 'a/b', 'a-b', 'a b'],
    ...[
      'Name',
      'name',
      'NAME',
      'é',
      'e\u0301',
      'É',
      '日本',
      '日本語',
      '\ud800',
      '\udfff',
      '\ufffd',
    ],
    ...['a:b', 'a,b', 'a%2Fb', 'a\\b', 'con', 'a.', 'a'.repeat(100), 'a'.repeat(101)],
    ...['a'.repeat(300), `${'a'.repeat(300)}b`, '😀'.repeat(200), `${'😀'.repeat(200)}.`],
  ];
  const names = ids.map(safeName);
  t.equal(new Set(names.map((name) => name.toLowerCase())).size, ids.length);
  for (const name of names) {
    t.match(name, /^[a-z0-9][a-z0-9._~-]*$/);
    t.ok(Buffer.byteLength(name) <= 100, name);
  }
  // A name is no id of another name.
  for (const name of names) if (name.includes('~')) t.not(safeName(name), name);
});
