import t from 'tap';
import type { OutputExpectation } from '../../../../driver/language/expectation.js';
import { judgeOutput } from '../../../../driver/language/expect/judge.js';

const nothingAsked = { contains: [], notContains: [], matches: [], notMatches: [] };
const zero: OutputExpectation = { exit: { oneOf: [0] } };

const verdicts = (
  result: Partial<Parameters<typeof judgeOutput>[0]>,
  expectation: OutputExpectation,
): boolean[] =>
  judgeOutput({ exitStatus: 0, stdout: '', stderr: '', ...result }, expectation).map(
    ({ ok }) => ok,
  );

t.test('exit status', async (t) => {
  t.same(verdicts({}, zero), [true]);
  t.same(verdicts({ exitStatus: 1 }, zero), [false]);
  t.same(verdicts({ exitStatus: 2 }, { exit: { oneOf: [0, 2] } }), [true]);
  t.same(verdicts({ exitStatus: 1 }, { exit: 'nonzero' }), [true]);
  t.same(verdicts({ exitStatus: 0 }, { exit: 'nonzero' }), [false]);
  t.same(verdicts({ exitStatus: 255 }, { exit: 'any' }), [true]);
  t.same(judgeOutput({ exitStatus: null, stdout: '', stderr: '' }, { exit: 'any' }), [
    { ok: false, what: 'exit status', expected: 'any', got: 'none: killed by its timeout' },
  ]);
});

t.test('text that must and must not appear, each by itself', async (t) => {
  const stdout = { ...nothingAsked, contains: ['a', 'z'], notContains: ['b', 'y'] };
  const judgements = judgeOutput(
    { exitStatus: 0, stdout: 'x\nab\n', stderr: '' },
    { ...zero, stdout },
  );
  t.same(judgements.slice(1), [
    { ok: true, what: 'stdout contains', expected: 'a', got: 'x\nab' },
    { ok: false, what: 'stdout contains', expected: 'z', got: 'x\nab' },
    { ok: false, what: 'stdout does not contain', expected: 'b', got: 'in line 2: ab' },
    { ok: true, what: 'stdout does not contain', expected: 'y', got: 'not there' },
  ]);
});

t.test('patterns: flags count, and a negative one shows what it met', async (t) => {
  const stdout = {
    ...nothingAsked,
    matches: [{ source: '^ab$', flags: 'm' }],
    notMatches: [{ source: 'A', flags: 'i' }],
  };
  const [, matches, notMatches] = judgeOutput(
    { exitStatus: 0, stdout: 'x\nab\n', stderr: '' },
    { ...zero, stdout },
  );
  t.equal(matches?.ok, true);
  t.same(notMatches, {
    ok: false,
    what: 'stdout does not match',
    expected: '/A/i',
    got: "'a' in line 2: ab",
  });
});

t.test('equality ignores one newline at the end, and shows a diff of several lines', async (t) => {
  const equals = (text: string) => ({ ...zero, stdout: { ...nothingAsked, equals: text } });
  t.same(verdicts({ stdout: 'root\n' }, equals('root')), [true, true]);
  t.same(verdicts({ stdout: 'root\n\n' }, equals('root')), [true, false]);
  t.same(verdicts({ stdout: '' }, equals('')), [true, true]);
  t.same(verdicts({ stdout: ' ' }, equals('')), [true, false]);
  const [, judgement] = judgeOutput(
    { exitStatus: 0, stdout: 'a\nB\nc\n', stderr: '' },
    equals('a\nb\nc'),
  );
  t.equal(judgement?.diff, [' -1,3 +1,3 ', ' a', '-b', '+B', ' c'].join('\n'));
});

t.test('JSON: a subset of mappings, whole lists, and what differs by its path', async (t) => {
  const document = '{"a":{"b":[1,{"c":2,"d":3}]},"e":null}';
  const json = (value: never) => ({
    ...zero,
    stdout: { ...nothingAsked, json: { how: 'subset' as const, value } },
  });
  t.same(verdicts({ stdout: document }, json({ a: { b: [1, { c: 2 }] } } as never)), [true, true]);
  t.same(verdicts({ stdout: document }, json({ e: null } as never)), [true, true]);
  t.same(verdicts({ stdout: document }, json({ f: null } as never)), [true, false]);
  t.same(verdicts({ stdout: document }, json({ a: { b: [1] } } as never)), [true, false]);
  t.same(verdicts({ stdout: document }, json({ toString: {} } as never)), [true, false]);
  const [, wrong] = judgeOutput(
    { exitStatus: 0, stdout: document, stderr: '' },
    json({ a: { b: [1, { c: 9 }] } } as never),
  );
  t.equal(wrong?.got, '$.a.b[1].c: 2 instead of 9');
  t.match(wrong?.diff, /^-\s+"c": 9$/m);
  t.match(wrong?.diff, /^\+\s+"c": 2$/m);
  const [, none] = judgeOutput({ exitStatus: 0, stdout: 'oops', stderr: '' }, json({} as never));
  t.match(none?.got, /^no JSON \(.*\):\noops$/s);
});

t.test('JSON by paths', async (t) => {
  const paths = (path: string, value: never) => ({
    ...zero,
    stdout: { ...nothingAsked, json: { how: 'paths' as const, paths: [{ path, value }] } },
  });
  const stdout = '{"a b":[{"c":1}]}';
  t.same(verdicts({ stdout }, paths("$['a b'][0].c", 1 as never)), [true, true]);
  t.same(verdicts({ stdout }, paths("$['a b'][1].c", 1 as never)), [true, false]);
  t.same(verdicts({ stdout }, paths('$.length', 1 as never)), [true, false]);
});

t.test('what was dropped may hold anything', async (t) => {
  const dropped = { stdout: 5, stderr: 0 };
  const asked = { ...nothingAsked, contains: ['a', 'b'], notContains: ['c'], equals: 'a' };
  const judgements = judgeOutput(
    { exitStatus: 0, stdout: 'a', stderr: '', dropped },
    { ...zero, stdout: asked },
  );
  t.same(
    judgements.map(({ ok }) => ok),
    [true, true, false, false, false],
  );
  t.match(judgements[3]?.got, /5 bytes beyond the output limit.*raise output_limit/);
});

t.test('stderr of a channel that mixes the streams cannot be judged', async (t) => {
  const expectation = { ...zero, stderr: { ...nothingAsked, contains: ['x'] } };
  t.same(verdicts({ stderr: 'x', stderrSeparate: true }, expectation), [true, true]);
  const [, judgement] = judgeOutput(
    { exitStatus: 0, stdout: 'x', stderr: '', stderrSeparate: false },
    expectation,
  );
  t.equal(judgement?.ok, false);
  t.match(judgement?.got, /use channel: shell or ssh/);
});

t.test('a long stream is quoted by its ends, and says how much is left out', async (t) => {
  const stdout = { ...nothingAsked, contains: ['needle'] };
  const long = `begin${'x'.repeat(5000)}end`;
  const [, judgement] = judgeOutput(
    { exitStatus: 0, stdout: long, stderr: '' },
    { ...zero, stdout },
  );
  t.match(judgement?.got, /^beginx+\n… 3008 characters left out …\nx+end$/);
});
