import t from 'tap';
import { load } from './load.js';

interface Counter {
  passed: number;
  failed: number;
  skipped: number;
  failures: string[];
  write(text: string): void;
  end(): Promise<{ ok: boolean }>;
}
interface CounterModule {
  TapCounter: new (say: (text: string) => void, options?: { comments?: boolean }) => Counter;
}

async function count(
  tap: string,
  options: { comments?: boolean } = {},
): Promise<{ counter: Counter; ok: boolean; said: string }> {
  const { TapCounter } = await load<CounterModule>('tap-counter.mjs');
  let said = '';
  const counter = new TapCounter((text) => {
    said += `${text}\n`;
  }, options);
  counter.write(`TAP version 14\n${tap}`);
  const { ok } = await counter.end();
  return { counter, ok, said };
}

t.test('leaves are counted, not the points that close a subtest', async (t) => {
  const { counter, ok, said } = await count(
    [
      '# Subtest: a.test.ts',
      '    # Subtest: inner',
      '        ok 1 - one',
      '        not ok 2 - two',
      '          ---',
      '          found: 7',
      '          ...',
      '        # the guest said: no',
      '        1..2',
      '    not ok 1 - inner',
      '    ok 2 - three',
      '    1..2',
      'not ok 1 - a.test.ts # time=12.5ms',
      '1..1',
      '',
    ].join('\n'),
  );
  t.notOk(ok);
  t.equal(counter.passed, 2);
  t.equal(counter.failed, 1);
  t.match(said, /not ok: a\.test\.ts > inner > two\n {6}found: 7\n {6}# the guest said: no/);
  t.strictSame(counter.failures, ['a.test.ts > inner > two']);
  t.match(said, /FAIL a\.test\.ts: 2 passed, 1 failed/);
});

t.test('a file that fails with nothing failing in it counts as a failure', async (t) => {
  const { counter, said } = await count(
    ['# Subtest: a.test.ts', '    ok 1 - one', '    1..2', 'not ok 1 - a.test.ts', '1..1', ''].join(
      '\n',
    ),
  );
  t.equal(counter.passed, 1);
  t.ok(counter.failed >= 1);
  t.match(said, /FAIL a\.test\.ts/);
});

t.test('a file without any subtest counts by itself', async (t) => {
  const { counter, ok } = await count('not ok 1 - crashed.test.ts\nok 2 - fine.test.ts\n1..2\n');
  t.notOk(ok);
  t.same([counter.passed, counter.failed], [1, 1]);
});

t.test('skips and to-dos are neither passed nor failed', async (t) => {
  const { counter } = await count(
    'ok 1 - a # SKIP no reason\nnot ok 2 - b # TODO later\nok 3 - c\n1..3\n',
  );
  t.same([counter.passed, counter.failed, counter.skipped], [1, 0, 2]);
});

t.test('bailing out is a failure', async (t) => {
  const { counter, said } = await count('ok 1 - a\nBail out! the disk is gone\n');
  t.ok(counter.failed >= 1);
  t.match(said, /bailed out: the disk is gone/);
});

t.test('what tests say of themselves is told where it is asked for', async (t) => {
  const tap = [
    '# Subtest: a.test.ts',
    '    # Subtest: inner',
    '        # a table',
    '        ok 1 - one',
    '        1..1',
    '        # time=3ms',
    '    ok 1 - inner',
    '    1..1',
    'ok 1 - a.test.ts',
    '1..1',
    '',
  ].join('\n');
  t.notMatch((await count(tap)).said, /a table/);
  t.strictSame((await count(tap, { comments: true })).said.split('\n'), [
    '      # a table',
    'ok   a.test.ts: 1 passed, 0 failed',
    '',
  ]);
});
