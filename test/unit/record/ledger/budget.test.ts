import t from 'tap';
import type { BudgetScenario } from '../../../../driver/record/ledger/budget.js';
import { planBudget, projectSeconds } from '../../../../driver/record/ledger/budget.js';
import type { History } from '../../../../driver/record/ledger/history.js';
import { NO_HISTORY } from '../../../../driver/record/ledger/history.js';

const scenario = (id: string, minutes: number): BudgetScenario => ({
  id,
  name: id,
  file: `${id}.yaml`,
  timeoutSeconds: minutes * 60,
});
const past = (seconds: Record<string, number[]>): History => ({
  passes: ({ id }) => seconds[id] ?? [],
  badLines: [],
});
const plan = (minutes: number[], limits: { spentSeconds?: number } = {}, history = NO_HISTORY) => {
  const scenarios = minutes.map((value, index) => scenario(String(index), value));
  const result = planBudget(scenarios, history, { budgetMinutes: 45, hardMinutes: 50, ...limits });
  return {
    run: result.run.map(({ scenario: { id } }) => id).join(''),
    queued: result.queued.map(({ scenario: { id } }) => id).join(''),
    result,
  };
};

t.test('a projection is the median of past passes, else the sum of the timeouts', async (t) => {
  const one = scenario('a', 10);
  t.strictSame(projectSeconds(one, NO_HISTORY), { seconds: 600, basis: 'timeouts', samples: 0 });
  t.strictSame(projectSeconds(one, past({ a: [9, 1, 5] })), {
    seconds: 5,
    basis: 'history',
    samples: 3,
  });
  t.equal(projectSeconds(one, past({ a: [1, 9, 4, 2] })).seconds, 3);
});

t.test('what fits runs, what does not is queued, in order, and nothing is lost', async (t) => {
  t.match(plan([20, 25]), { run: '01', queued: '' });
  t.match(plan([20, 24, 6]), { run: '012', queued: '' }, 'the one that crosses 45 ends by 50');
  t.match(plan([20, 24, 7]), { run: '01', queued: '2' }, 'not when it would cross 50');
  t.match(plan([20, 25, 1]), { run: '01', queued: '2' }, 'at 45 nothing more begins');
  t.match(plan([20, 40, 10]), { run: '02', queued: '1' }, 'a smaller one behind it still fits');
  t.match(plan([]), { run: '', queued: '' });
});

t.test('the first always runs: a queue whose head cannot start would never empty', async (t) => {
  t.match(plan([90, 1, 1]), { run: '0', queued: '12' });
  t.match(plan([90], { spentSeconds: 60 }), { run: '', queued: '0' }, 'but only at the beginning');
});

t.test('what was projected too high fits later on', async (t) => {
  t.match(plan([30, 30]), { run: '0', queued: '1' });
  t.match(plan([30], { spentSeconds: 120 }), { run: '0', queued: '' });
});

t.test('the reason says how long, how that is known, and what is left', async (t) => {
  const { result } = plan([40, 12], {}, past({ 0: [2400] }));
  t.equal(
    result.queued[0]?.reason,
    'projected at 12.0 min (sum of its timeouts), after 40.0 min of a budget of 45 min (hard 50 min)',
  );
  t.equal(result.projectedSeconds, 2400);
});
