// Two builders share the scenarios of a flake. One is killed in the midst of its work, and the run
// completes on the other. With more scenarios: distributed.soak.ts.
import t from 'tap';
import { Farm, passed } from './farm.js';
import { ended } from './outcome.js';

// Builds and boots under emulation, on few cores shared with others.
t.setTimeout(30 * 60 * 1000);

const farm = await Farm.start(t, ['first', 'fourth']);

t.test('two scenarios on two builders, one of which is killed mid-run', async (t) => {
  let killed: Promise<void> | undefined;
  const run = await farm.build(t, ['first', 'fourth'], (_scenario, builder) => {
    if (builder === 'plain') killed ??= farm.killAtWork('plain');
  });
  t.ok(killed, 'it had begun');
  await killed;
  t.same(new Map(run.places).get('fourth'), 'large', 'requiredSystemFeatures are honoured');
  t.same(new Map(run.places).get('first'), 'plain', 'and the other goes to who is free');
  t.not(run.exitCode, 0, 'what it had is lost, and nix says so');

  // The same command again: what was done stays done, the rest goes to who is left.
  const again = await farm.build(t, ['first', 'fourth']);
  ended(t, again);
  t.same(again.places, [['first', 'large']], 'only what was lost, and on the other');
  await passed(t, again.outputs, 2);
  for (const report of again.outputs) {
    t.ok(farm.made('large', report), `${report} was made on the builder that is left`);
    t.notOk(farm.made('plain', report));
  }
});
