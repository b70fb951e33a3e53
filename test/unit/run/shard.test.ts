import t from 'tap';
import { scenariosOfShard } from '../../../driver/run/shard.js';
import type { Scenario } from '../../../driver/scenario/index.js';

/** `id` or `id<source`. */
const scenarios = (...told: string[]): Scenario[] =>
  told.map((text) => {
    const [id = '', scenario] = text.split('<');
    const from = scenario === undefined ? undefined : { scenario, checkpoint: 'c' };
    return { id, from } as Scenario;
  });

const many = scenarios(...Array.from({ length: 200 }, (_, index) => `s${String(index)}`));

const divided = (
  list: readonly Scenario[],
  total: number,
  seconds?: (scenario: Scenario) => number | undefined,
): string[][] =>
  Array.from({ length: total }, (_, index) =>
    scenariosOfShard(list, { index: index + 1, total }, seconds).map(({ id }) => id),
  );

t.test('each scenario lies in exactly one shard, whoever asks', async (t) => {
  for (const total of [1, 2, 5, 7, 300]) {
    const shards = divided(many, total);
    t.same(shards.flat().sort(), many.map(({ id }) => id).sort(), String(total));
    t.same(
      divided([...many].reverse(), total).map((ids) => ids.reverse()),
      shards,
      'in any order',
    );
  }
});

t.test('by hash, all have the same number, and neighbours are parted', async (t) => {
  t.same(
    divided(many, 7).map(({ length }) => length),
    [29, 29, 29, 29, 28, 28, 28],
  );
  const [first = []] = divided(many, 2);
  const numbers = first.map((id) => Number(id.slice(1)));
  t.ok(numbers.filter((number) => number < 100).length > 30, 'some of the first hundred');
  t.ok(numbers.filter((number) => number >= 100).length > 30, 'some of the second');
  t.ok(numbers.filter((number) => number % 2 === 0).length > 30, 'even ones');
  t.ok(numbers.filter((number) => number % 2 === 1).length > 30, 'odd ones');
});

t.test('by durations, shards take about the same time', async (t) => {
  const seconds = new Map([
    ['a', 100],
    ['b', 60],
    ['c', 50],
    ['d', 10],
  ]);
  const list = scenarios('a', 'b', 'c', 'd');
  t.same(
    divided(list, 2, ({ id }) => seconds.get(id)),
    [
      ['a', 'd'],
      ['b', 'c'],
    ],
  );
  t.same(
    divided(scenarios('new', 'a', 'b'), 2, ({ id }) => seconds.get(id)),
    [['a'], ['new', 'b']],
    'one that was never measured counts with the mean: 80',
  );
  t.same(
    divided(many, 3, () => undefined),
    divided(many, 3),
    'nothing measured: as without durations',
  );
});

t.test('who starts from a checkpoint is in the shard of the one that saves it', async (t) => {
  const chains = scenarios(
    ...Array.from({ length: 20 }, (_, index) => {
      const number = String(index);
      return [
        `c${number}<b${number}`,
        `b${number}<a${number}`,
        `a${number}`,
        `d${number}<a${number}`,
      ];
    }).flat(),
  );
  for (const seconds of [undefined, ({ id }: Scenario) => id.length]) {
    for (const ids of divided(chains, 3, seconds)) {
      for (const id of ids) t.ok(ids.includes(id.replace(/^./, 'a')), `${id} and its source`);
    }
  }
});
