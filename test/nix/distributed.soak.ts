// Two builders that both finish what they have, and then lose one: the long form of
// distributed.test.ts. Run by hand or by a soak: node --import tsx test/nix/distributed.soak.ts
import t from 'tap';
import { Farm, passed } from './farm.js';
import { ended } from './outcome.js';

// Builds and boots under emulation, on few cores shared with others.
t.setTimeout(30 * 60 * 1000);

const farm = await Farm.start(t, ['first', 'second', 'third', 'fourth']);

t.test('two scenarios spread over both builders', async (t) => {
  const run = await farm.build(t, ['first', 'fourth']);
  ended(t, run);
  t.same(new Map(run.places).get('fourth'), 'large', 'requiredSystemFeatures are honoured');
  t.same(new Set(run.places.map(([, builder]) => builder)), new Set(['plain', 'large']));
  await passed(t, run.outputs, 2);
  for (const [scenario, builder] of run.places) {
    const report = run.outputs.find((output) => output.endsWith(`-farm-${scenario}-report`)) ?? '';
    for (const name of ['plain', 'large'] as const) {
      const there = farm.made(name, report);
      t.equal(there, name === builder, `${scenario} was ${there ? '' : 'not '}made on ${name}`);
    }
  }
});

t.test('a builder is killed mid-run, and the run completes on the other', async (t) => {
  let killed: Promise<void> | undefined;
  const run = await farm.build(t, ['second', 'third'], (_scenario, builder) => {
    if (builder === 'plain') killed ??= farm.killAtWork('plain');
  });
  t.ok(killed, 'it was killed while it worked');
  await killed;
  t.not(run.exitCode, 0, 'what it had is lost, and nix says so');
  const lost = run.places.find(([, builder]) => builder === 'plain')?.[0] ?? '';
  t.match(['second', 'third'].includes(lost), true);

  // The same command again: what was done stays done, the rest goes to who is left.
  const again = await farm.build(t, ['second', 'third']);
  ended(t, again);
  t.same(again.places, [[lost, 'large']], 'only what was lost, and on the other');
  await passed(t, again.outputs, 2);
});
