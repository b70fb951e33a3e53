import t from 'tap';
import type { Failure, NewEvent } from '../../../driver/events/events.js';
import { KnownIssues } from '../../../driver/run/known-issues/known-issues.js';
import { AttemptJudge, triedAgain } from '../../../driver/run/retry-policy.js';

const SCENARIO = { id: 's', baseId: 's', name: 'S', file: 's.yaml' };
const failure = (message: string, name: Failure['class'] = 'product'): Failure => ({
  class: name,
  code: 'TAPBOOT_E_EXPECTATION',
  message,
  phase: 'step',
  mismatches: [],
  artifacts: [],
});
const policy = () => ({
  retries: 2,
  knownIssues: new KnownIssues(
    [
      {
        scenario: 's',
        message: 'old',
        owner: 'o',
        reason: 'r',
        expires: '2030-01-01',
        at: { file: 'k', line: 1, column: 1 },
      },
    ],
    new Date('2029-01-01'),
  ),
});
const step = (one: Failure): NewEvent => ({
  type: 'step:end',
  scenario: SCENARIO,
  outcome: 'failed',
  durationMs: 1,
  failure: one,
  step: { index: 1, title: 'x', kind: 'run', at: { file: 'f', line: 1, column: 1 } },
  commands: [],
  notes: [],
  artifacts: [],
});

t.test('an attempt is known only when all its failures are', async (t) => {
  const one = new AttemptJudge(policy(), SCENARIO);
  t.match(one.take(step(failure('old defect'))), { failure: { knownIssue: { owner: 'o' } } });
  t.match(one.verdict(failure('old defect')), { outcome: 'known', failure: { knownIssue: {} } });
  const two = new AttemptJudge(policy(), SCENARIO);
  two.take(step(failure('old defect')));
  two.take(step(failure('new defect')));
  t.match(two.verdict(failure('old defect')), {
    outcome: 'failed',
    failure: { message: 'new defect' },
  });
  const late = new AttemptJudge(policy(), SCENARIO);
  late.take(step(failure('old defect')));
  t.match(late.verdict(failure('old defect'), failure('oops', 'guest-dead')), {
    outcome: 'failed',
    failure: { class: 'guest-dead', message: 'oops' },
  });
  const boot = new AttemptJudge(policy(), SCENARIO);
  t.match(boot.verdict(failure('old panic', 'guest-dead')), { outcome: 'known' });
  t.strictSame(new AttemptJudge(policy(), SCENARIO).verdict(undefined), { outcome: 'passed' });
});

t.test('what is tried again, and how often', async (t) => {
  const of = (one: Failure, attempt: number): boolean => triedAgain(policy(), one, attempt);
  t.same(
    [1, 2, 3].map((attempt) => of(failure('x'), attempt)),
    [true, true, false],
  );
  t.ok(of(failure('x', 'guest-dead'), 1));
  t.notOk(of(failure('x', 'infra'), 1), 'a broken host is not hidden');
  t.notOk(of(failure('x', 'scenario'), 1), 'a wrong file stays wrong');
  const knownIssue = { owner: 'o', reason: 'r', expires: '2030-01-01' };
  t.notOk(of({ ...failure('x'), knownIssue }, 1), 'a known failure has its verdict');
});
