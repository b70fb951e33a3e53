import t from 'tap';
import { judgeOutput } from '../../../../driver/language/expect/judge.js';
import { search } from '../../../../driver/language/expect/search.js';

t.test('as RegExp has it', async (t) => {
  t.same(search({ source: 'b(c)?(d)', flags: 'i' }, 'abD'), {
    index: 1,
    text: 'bD',
    groups: [undefined, 'D'],
  });
  t.equal(search({ source: '^x', flags: '' }, 'a\nx'), undefined);
  t.match(search({ source: '^x', flags: 'm' }, 'a\nx'), { index: 2 });
  t.match(search({ source: '(?<=a)\\u{1f642}', flags: 'u' }, 'a\u{1f642}'), { index: 1 });
  t.match(search({ source: '', flags: '' }, ''), { index: 0, text: '' });
});

t.test(
  'a pattern that multiplies is stopped, and the guest’s text searched no further',
  async (t) => {
    const evil = { source: '^(a+)+$', flags: 'm' };
    const stdout = `${'a'.repeat(40)}!`;
    const judge = (key: 'matches' | 'notMatches'): void => {
      judgeOutput(
        { exitStatus: 0, stdout, stderr: '' },
        {
          exit: 'any',
          stdout: { contains: [], notContains: [], matches: [], notMatches: [], [key]: [evil] },
        },
      );
    };
    for (const key of ['matches', 'notMatches'] as const) {
      const started = performance.now();
      t.throws(
        () => {
          judge(key);
        },
        {
          code: 'TAPBOOT_E_PATTERN_TIME',
          failureClass: 'scenario',
          details: { hint: /\(a\+\)\+/ },
        },
      );
      t.ok(performance.now() - started < 5000, key);
    }
    t.match(search(evil, 'aaa'), { text: 'aaa' }, 'the next search works');
  },
);

t.test('an honest search of a megabyte is quick', async (t) => {
  const text = 'the quick brown fox\n'.repeat(50_000);
  const started = performance.now();
  for (let round = 0; round < 20; round++) t.notOk(search({ source: 'dogs?$', flags: 'm' }, text));
  t.ok(performance.now() - started < 5000);
});
