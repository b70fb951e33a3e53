import t from 'tap';
import { listDigest } from '../../../../driver/record/list-digest.js';
import { checkShards } from '../../../../driver/record/merge/coverage.js';
import type { Shard } from '../../../../driver/record/merge/shard.js';

const ALL = ['a', 'b', 'c', 'c#2'];

/** A run of `ids`; `number` is `2/3`, absent for one that is no shard. */
function run(ids: string[], number?: string, list = ALL): Shard {
  const [index, total] = (number ?? '0/0').split('/').map(Number) as [number, number];
  const shard = number === undefined ? undefined : { index, total, digest: listDigest(list) };
  const scenarios = ids.map((id) => ({ id }));
  return { label: `run-${ids.join('-')}`, start: { shard, scenarios } } as unknown as Shard;
}

t.test('shards that have each scenario once are whole, in whatever order', async (t) => {
  checkShards([run(['c', 'c#2'], '3/3'), run([], '2/3'), run(['a', 'b'], '1/3')]);
  checkShards([run(['c', 'c#2'], '3/3'), run(['a', 'b'], '1/3')]);
  t.pass('one that has none need not be there');
  checkShards([run(['a', 'b', 'c', 'c#2'], '1/1')]);
  checkShards([run(['a', 'b'], '1/2'), run(['c', 'c#2'], '2/2'), run(['b'])]);
  t.pass('a run beside them may have taken up what one of them queued');
  checkShards([run(['a']), run(['a', 'b'])]);
  t.pass('runs that are no shards are nobody’s business');
});

t.test('a shard that is missing, twice, or of another run', async (t) => {
  const refused = (runs: Shard[], message: string, details: object): void => {
    const code = 'TAPBOOT_E_MERGE_SHARDS';
    t.throws(() => checkShards(runs), { code, failureClass: 'scenario', message, details });
  };
  refused(
    [run(['a'], '1/3'), run(['b'], '2/3')],
    'these shards do not have all scenarios of their run',
    { got: 'no shard 3/3', hint: 'Merge all shards of the run.' },
  );
  refused(
    [run(['a', 'b'], '1/2'), run(['c'], '2/2')],
    'these shards do not have all scenarios of their run',
    { got: 'all 2 shards, without some of its scenarios', hint: /--shard-times/ },
  );
  refused(
    [run(['a', 'b', 'c'], '1/2'), run(['c', 'c#2'], '2/2')],
    'the scenario c lies in two shards',
    {
      got: '1/2 (run-a-b-c) and 2/2 (run-c-c#2)',
    },
  );
  refused([run(['a'], '1/2'), run(['b'], '2/2', ['a', 'b'])], 'these shards are not of one run', {
    got: '1/2 (run-a) and 2/2 (run-b)',
  });
  refused([run(['a'], '1/2'), run(['b'], '2/3')], 'these shards are not of one run', {});
});
