import t from 'tap';
import type { History } from '../../../driver/record/ledger/history.js';
import { divide, projected } from '../../../driver/run/division.js';
import type { PlannedScenario } from '../../../driver/run/work-list.js';

/** `name minutes [from]`, one each. */
function planned(...told: string[]): PlannedScenario[] {
  return told.map((text) => {
    const [id = '', minutes = '', source] = text.split(' ');
    const from = source === undefined ? {} : { from: { scenario: source, checkpoint: 'c' } };
    const steps = [{ timeoutMs: Number(minutes) * 60_000 }];
    const scenario = { id, name: id, file: `${id}.yaml`, steps, ...from };
    return { scenario, ref: { id, name: id, file: scenario.file } } as unknown as PlannedScenario;
  });
}
const past = (seconds: Record<string, number[]>): History => ({
  passes: ({ id }) => seconds[id] ?? [],
  badLines: [],
});

function divided(waiting: PlannedScenario[], history: History = past({}), spentSeconds = 0) {
  const limits = { budgetMinutes: 45, hardBudgetMinutes: 50 };
  const { run, queued } = divide(waiting, history, limits, spentSeconds);
  const names = (list: PlannedScenario[]): string => list.map(({ ref }) => ref.id).join(' ');
  return { run: names(run), queued: names(queued.map((one) => one.planned)), reasons: queued };
}

t.test('a scenario waits with the one whose checkpoint it needs', async (t) => {
  const chain = divided(planned('a 40', 'saves 20', 'starts 5 saves'));
  t.match(chain, { run: 'a', queued: 'saves starts' });
  t.match(chain.reasons[1], { reason: 'starts from a checkpoint of saves, which waits' });
  t.match(divided(planned('starts 5 saves', 'saves 90')), { run: 'saves', queued: 'starts' });
  t.match(divided(planned('starts 5 saves', 'saves 9')), { run: 'starts saves', queued: '' });
});

t.test('once the source has run, the scenario needs nobody', async (t) => {
  t.match(divided(planned('starts 5 saves'), past({}), 60), { run: 'starts', queued: '' });
});

t.test('the head of a queue runs, with what it needs, whatever it takes', async (t) => {
  const [saves, ...rest] = planned('saves 60', 'starts 60 saves', 'b 5');
  t.match(divided([{ ...(saves as PlannedScenario), again: true }, ...rest]), {
    run: 'saves starts',
    queued: 'b',
  });
});

t.test('each repetition is projected by what is known of the scenario', async (t) => {
  const [a, b] = planned('a 40', 'a 40') as [PlannedScenario, PlannedScenario];
  const second = { ...b, ref: { ...b.ref, id: 'a#2', name: 'a (2 of 2)' } };
  t.match(divided([a, second]), { run: 'a', queued: 'a#2' });
  t.match(divided([a, second], past({ a: [60] })), { run: 'a a#2', queued: '' });
});

t.test('timeouts are projected as they are multiplied, measurements as they are', async (t) => {
  const [a] = planned('a 10') as [PlannedScenario];
  t.equal(projected(a, past({}), 1), 600);
  t.equal(projected(a, past({}), 5), 3000);
  t.equal(projected(a, past({ a: [50, 70] }), 5), 60);
  const limits = { budgetMinutes: 45, hardBudgetMinutes: 50 };
  const queued = (factor: number): string[] =>
    divide(planned('a 10', 'b 10'), past({}), limits, 0, factor).queued.map(
      (one) => one.planned.ref.id,
    );
  t.same(queued(1), []);
  t.same(queued(5), ['b']);
});
