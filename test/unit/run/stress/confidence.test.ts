import t, { type Test } from 'tap';
import { clopperPearson, rateSentence, Tally } from '../../../../driver/run/stress/tally.js';

const near = (t: Test, got: number, wanted: number): void => {
  t.ok(Math.abs(got - wanted) < 5e-5, `${String(got)} is ${String(wanted)}`);
};

t.test('the intervals are those of the tables', async (t) => {
  // Two-sided 95 %: beta quantiles, as R's binom.test prints them.
  for (const [failures, runs, low, high] of [
    [1, 10, 0.0025, 0.445],
    [5, 10, 0.1871, 0.8129],
    [3, 50, 0.0125, 0.1655],
    [10, 100, 0.049, 0.1762],
  ] as const) {
    const interval = clopperPearson(failures, runs);
    near(t, Math.round(interval.low * 1e4) / 1e4, low);
    near(t, Math.round(interval.high * 1e4) / 1e4, high);
  }
  const big = clopperPearson(500, 100_000);
  t.ok(big.low > 0.0045 && big.low < 0.005 && big.high < 0.0055, 'no underflow at many runs');
});

t.test('nothing failed: the rule of three, exactly', async (t) => {
  near(t, clopperPearson(0, 50).high, 0.0582);
  near(t, clopperPearson(0, 1).high, 0.95);
  near(t, clopperPearson(20, 20).low, 0.8609);
  t.same(clopperPearson(0, 0), { low: 0, high: 1 });
});

t.test('the promise is kept: the interval covers the rate at least so often', async (t) => {
  // All outcomes of 20 runs, weighed by their probability.
  for (const rate of [0.01, 0.05, 0.2, 0.5, 0.9]) {
    let covered = 0;
    let term = (1 - rate) ** 20;
    for (let failures = 0; failures <= 20; failures++) {
      const { low, high } = clopperPearson(failures, 20);
      if (low <= rate && rate <= high) covered += term;
      term *= ((20 - failures) / (failures + 1)) * (rate / (1 - rate));
    }
    t.ok(covered >= 0.95 - 1e-9, `${String(rate)}: ${String(covered)}`);
  }
});

t.test('the finding as a sentence', async (t) => {
  t.equal(
    rateSentence(0, 50),
    '0 of 50 failed: with 95 % confidence it fails in fewer than 5.8 % of runs',
  );
  t.equal(
    rateSentence(3, 50),
    '3 of 50 failed (6.0 %): with 95 % confidence it fails in 1.3 % to 16.5 % of runs',
  );
  t.match(rateSentence(4, 4), /^4 of 4 failed: .* more than 47\.3 % of runs$/);
  t.match(rateSentence(0, 0), /nothing can be said/);
});

t.test('a tally counts by scenario, and names the failures by how often they came', async (t) => {
  const tally = new Tally();
  for (let run = 0; run < 8; run++) tally.add('a', false);
  tally.add('a', true, 'rare');
  tally.add('a', true, 'often');
  tally.add('a', true, 'often');
  tally.add('b', false);
  t.match(tally.rows(), [
    { scenario: 'a', runs: 11, failures: 3, messages: [{ message: 'often', count: 2 }, {}] },
    { scenario: 'b', runs: 1, failures: 0 },
  ]);
  t.match(tally.text(), /^a: 3 of 11 failed .*\n {2}2 × often\n {2}1 × rare\nb: 0 of 1 failed/);
});
