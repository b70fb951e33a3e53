import t from 'tap';
import { failuresOf, shown, tapTree } from '../../helpers/tap-tree.js';

const STREAM = `TAP version 14
1..2
# Subtest: one
    1..2
    ok 1 - a
    not ok 2 - b
      ---
      message: "no"
      class: "product"
      got: "this"
      further_mismatches:
        - got: "that"
      ...
not ok 1 - one
  ---
  outcome: "failed"
  ...
# Subtest: two
    1..1
    ok 1 - c # SKIP why
ok 2 - two
`;

t.test('scenarios with their steps', async (t) => {
  const tree = tapTree(STREAM);
  t.equal(tree.ok, false);
  t.same(tree.violations, []);
  t.match(tree.scenarios, [
    {
      title: 'one',
      ok: false,
      diagnosis: { outcome: 'failed' },
      steps: [{ ok: true }, { ok: false }],
    },
    { title: 'two', ok: true, steps: [{ title: 'c', skip: 'why' }] },
  ]);
  t.match(shown(tree.scenarios[0]!.steps[1]!), /no\nthis\n.*that/);
});

t.test('what is no TAP is a violation, and a stream cut short no pass', async (t) => {
  t.match(tapTree(`${STREAM}something else\n`).violations, [/Non-TAP/]);
  const short = tapTree('TAP version 14\n1..2\nok 1 - one\n');
  t.equal(short.ok, false);
  t.equal(tapTree('TAP version 14\n1..1\nBail out! gone\n').bailout, 'gone');
});

t.test('how a run failed, in one line', async (t) => {
  t.equal(failuresOf(tapTree(STREAM)), 'one: b: product no code: no this {"got":"that"}');
  t.equal(failuresOf(tapTree('TAP version 14\n1..1\nBail out! gone\n')), 'Bail out! gone');
  t.equal(failuresOf(tapTree('TAP version 14\n1..1\nok 1 - one\n')), '');
});
