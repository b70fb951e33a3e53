import t from 'tap';
import { lastChange, median } from '../../../../driver/record/history/change-point.js';
import { Durations, Series } from '../../../../driver/record/history/series.js';

/** Numbers between 0 and 1 that are the same in every run of the tests. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

t.test('quantiles are exact for few values, and close for many', async (t) => {
  const few = new Durations();
  for (const value of [5, 1, 4, 2, 3]) few.add(value);
  t.same(
    [0.2, 0.5, 0.95, 1].map((share) => few.quantile(share)),
    [1, 3, 5, 5],
  );
  t.equal(new Durations().quantile(0.5), undefined);
  const many = new Durations();
  const next = random(7);
  const values: number[] = [];
  for (let count = 0; count < 50_000; count++) {
    const value = 0.01 * 10 ** (5 * next());
    values.push(value);
    many.add(value);
  }
  values.sort((a, b) => a - b);
  for (const share of [0.01, 0.5, 0.95, 0.999]) {
    const wanted = values[Math.ceil(share * values.length) - 1] ?? 0;
    const error = Math.abs((many.quantile(share) ?? 0) / wanted - 1);
    t.ok(error <= 0.0051, `${String(share)}: off by ${String(error)}`);
  }
  t.equal(many.count, 50_000);
  many.add(0);
  t.ok((many.quantile(1e-9) ?? 1) < 0.0011, 'zero has its class too');
});

t.test('a level is found where it changes, and where it does not, none is', async (t) => {
  const next = random(3);
  const level = (count: number, mean: number): number[] =>
    Array.from({ length: count }, () => mean * (0.9 + 0.2 * next()));
  const change = lastChange([...level(30, 5), ...level(15, 7)]);
  t.ok(Math.abs((change?.index ?? 0) - 30) <= 1, 'within a run');
  t.ok(Math.abs((change?.before ?? 0) - 5) < 0.3 && Math.abs((change?.after ?? 0) - 7) < 0.4);
  t.equal(lastChange(level(9, 5)), undefined, 'too short');
  t.equal(lastChange(new Array<number>(60).fill(3)), undefined, 'all the same');
  const outliers = level(40, 5);
  for (const index of [3, 17, 31]) outliers[index] = 90;
  t.equal(lastChange(outliers), undefined, 'outliers are no level');
  const twice = lastChange([...level(40, 5), ...level(40, 9), ...level(40, 6)]);
  t.ok(Math.abs((twice?.index ?? 0) - 80) <= 2, 'the last of two changes');
  t.ok((twice?.after ?? 9) < (twice?.before ?? 0));
});

t.test('it seldom cries wolf', async (t) => {
  let alarms = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed * 7919);
    for (let warm = 0; warm < 5; warm++) next();
    if (lastChange(Array.from({ length: 60 }, () => next())) !== undefined) alarms++;
  }
  t.ok(alarms <= 6, `${String(alarms)} of 300 series without a change`);
});

t.test('trend and change of a series; small changes are no news', async (t) => {
  const series = new Series();
  const add = (value: number, index: number): void => {
    series.add({
      value,
      run: `r${String(index)}`,
      timestamp: `2030-01-${String(index % 28).padStart(2, '0')}`,
    });
  };
  for (let index = 0; index < 20; index++) add(5 + (index % 3) / 10, index);
  t.ok(Math.abs(series.trend() ?? 1) < 0.05);
  t.equal(series.change(), undefined);
  for (let index = 20; index < 40; index++) add(7 + (index % 3) / 10, index);
  t.match(series.change(), { since: { run: 'r20' } });
  const small = new Series();
  for (let index = 0; index < 40; index++) {
    small.add({ value: index < 20 ? 0.1 : 0.2, run: 'r', timestamp: '' });
  }
  t.equal(small.change(), undefined, 'a tenth of a second, though it is twice as much');
});

t.test('the median', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 2, 3]), 2.5);
  t.ok(Number.isNaN(median([])));
});
