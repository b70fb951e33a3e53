import t from 'tap';
import { StopRule } from '../../../driver/run/stop-rule.js';

t.test('without limits a run never stops', async (t) => {
  const rule = new StopRule({ maxFailures: undefined, timeLimitMs: undefined });
  for (let count = 0; count < 5; count++) rule.ended('failed');
  t.equal(rule.stop(Number.MAX_SAFE_INTEGER), undefined);
});

t.test(
  'failures are counted; flaky passes, known failures and what has no verdict are not',
  async (t) => {
    const rule = new StopRule({ maxFailures: 2, timeLimitMs: undefined });
    rule.ended('failed');
    for (const outcome of ['passed', 'flaky', 'known', 'interrupted'] as const) rule.ended(outcome);
    t.equal(rule.stop(0), undefined);
    rule.ended('failed');
    t.same(rule.stop(0), {
      left: 'not-run',
      reason: 'the run stopped after 2 failures (--max-failures)',
    });
    const bail = new StopRule({ maxFailures: 1, timeLimitMs: undefined });
    bail.ended('failed');
    t.match(bail.stop(0), { reason: /after 1 failure / });
  },
);

t.test('after the time limit the rest is queued', async (t) => {
  const rule = new StopRule({ maxFailures: undefined, timeLimitMs: 90_000 });
  t.equal(rule.stop(89_999), undefined);
  t.same(rule.stop(90_000), {
    left: 'queued',
    reason: 'the time limit of 90 s was over (--time-limit)',
  });
});

t.test('the first reason stays', async (t) => {
  const settings = { maxFailures: 1, timeLimitMs: 1000 };
  const late = new StopRule(settings);
  late.stop(1000);
  late.ended('failed');
  t.match(late.stop(2000), { left: 'queued' }, 'what was queued is not taken back');
  const failed = new StopRule(settings);
  failed.ended('failed');
  t.match(failed.stop(500), { left: 'not-run' });
  t.match(failed.stop(2000), { left: 'not-run' });
});
