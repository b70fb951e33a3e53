// Each agent that is sabotaged at boot makes exactly the scenarios fail that it should, at the step
// that is about what it does wrong, with the right class; all others of its run pass.
import t from 'tap';
import { scenariosOfBoot } from '../agents/from-boot.js';
import { sabotagedAgents } from '../agents/layer.js';
import { BOOT, CLEANUP } from '../agents/table.js';

t.setTimeout(60 * 60_000);

for (const row of BOOT.filter(({ daily }) => daily)) {
  t.test(row.agent, async (t) => {
    for (const line of await scenariosOfBoot(t, row)) t.comment(line);
  });
}

t.test('every sabotaged agent is in the tables', async (t) => {
  const known = new Set([...BOOT, ...CLEANUP].map(({ agent }) => agent));
  // Nothing fails with this one: see hot-plug.test.ts.
  known.add('provisions-all');
  t.same((await sabotagedAgents()).sort(), [...known].sort());
});
