import t from 'tap';
import type { Failure } from '../../../../driver/events/events.js';
import { KnownIssues, type IssueEntry } from '../../../../driver/run/known-issues/known-issues.js';

const at = { file: 'known-issues.yaml', line: 4, column: 5 };
const entry = (more: Partial<IssueEntry> = {}): IssueEntry => ({
  scenario: 'residue',
  owner: 'storage',
  reason: 'bug 12',
  expires: '2030-06-30',
  at,
  ...more,
});
const SCENARIO = { id: 'residue[a=1]', baseId: 'residue', name: 'R', file: 'scenarios/r.yaml' };
const FAILURE: Failure = {
  class: 'product',
  code: 'TAPBOOT_E_EXPECTATION',
  message: 'unmet',
  phase: 'step',
  mismatches: [{ what: 'stdout lacks', expected: 'nothing', got: 'residue-marker here' }],
  artifacts: [],
};
const DAY = new Date('2030-06-30T23:59:59Z');
const known = (...entries: IssueEntry[]): KnownIssues => new KnownIssues(entries, DAY);

t.test('an entry names a scenario in any of its ways, and no other', async (t) => {
  for (const scenario of [
    'residue',
    'residue[a=1]',
    'R',
    'scenarios/r.yaml',
    'r.yaml',
    './scenarios/r.yaml',
  ]) {
    t.match(known(entry({ scenario })).match(SCENARIO, FAILURE), { reason: 'bug 12' }, scenario);
  }
  t.equal(known(entry({ scenario: 'resid' })).match(SCENARIO, FAILURE), undefined);
});

t.test('step and message narrow it', async (t) => {
  const step = known(entry({ step: 'look' }));
  t.ok(step.match(SCENARIO, FAILURE, 'look'));
  t.notOk(step.match(SCENARIO, FAILURE, 'see'));
  t.notOk(step.match(SCENARIO, FAILURE), 'a failed boot is no step');
  t.ok(known(entry({ message: 'residue-marker' })).match(SCENARIO, FAILURE), 'in what was got');
  t.ok(known(entry({ message: 'unmet' })).match(SCENARIO, FAILURE), 'in the message');
  t.notOk(known(entry({ message: 'other' })).match(SCENARIO, FAILURE));
});

t.test('only verdicts on the product can be known', async (t) => {
  for (const [name, can] of [
    ['product', true],
    ['guest-dead', true],
    ['infra', false],
    ['scenario', false],
  ] as const) {
    const found = known(entry()).match(SCENARIO, { ...FAILURE, class: name });
    t.equal(found !== undefined, can, name);
  }
});

t.test('it holds on its last day, and fails the run from the next', async (t) => {
  const today = known(entry());
  t.ok(today.match(SCENARIO, FAILURE));
  t.strictSame(today.expired(), []);
  today.settle();
  const next = new KnownIssues([entry()], new Date('2030-07-01T00:00:00Z'));
  t.notOk(next.match(SCENARIO, FAILURE), 'an expired entry excuses nothing');
  t.match(next.expired(), [/known-issues\.yaml:4: .* expired on 2030-06-30/]);
  t.throws(
    () => {
      next.settle();
    },
    { code: 'TAPBOOT_E_KNOWN_ISSUE_EXPIRED', failureClass: 'scenario', details: { at } },
  );
});

t.test(
  'an entry whose failure did not show fails the run, once its scenario has run',
  async (t) => {
    const stale = known(entry());
    stale.settle();
    stale.ended(SCENARIO, 'queued');
    stale.ended(SCENARIO, 'interrupted');
    stale.settle();
    stale.ended(SCENARIO, 'passed');
    t.throws(
      () => {
        stale.settle();
      },
      { code: 'TAPBOOT_E_KNOWN_ISSUE_STALE', failureClass: 'scenario', details: { at } },
    );
    const matched = known(entry());
    matched.match(SCENARIO, FAILURE);
    matched.ended(SCENARIO, 'known');
    matched.ended(SCENARIO, 'passed');
    t.doesNotThrow(() => {
      matched.settle();
    }, 'one of several repetitions is enough');
    const shy = known(entry({ intermittent: true }));
    shy.ended(SCENARIO, 'passed');
    t.doesNotThrow(() => {
      shy.settle();
    }, 'intermittent: it may pass');
  },
);

t.test('several entries that should go are told together', async (t) => {
  const both = known(entry(), entry({ expires: '2029-01-01', at: { ...at, line: 9 } }));
  both.ended(SCENARIO, 'passed');
  t.throws(
    () => {
      both.settle();
    },
    { code: 'TAPBOOT_E_SCENARIO_PROBLEMS', details: { output: /STALE.*EXPIRED/s } },
  );
});
