// Every agent that does the forced cleanup badly, from the boot of an image that has it, with the
// disks that the scenario asks for.
import { join } from 'node:path';
import t from 'tap';
import { writeSabotagedAgent } from '../agents/layer.js';
import { CLEANUP, IDS, judgeFailure, judgeRun } from '../agents/table.js';
import { Place } from '../helpers/run-tapboot.js';

for (const row of CLEANUP) {
  t.test(row.agent, async (t) => {
    const place = await Place.make(t, { states: 'none' });
    const layer = join(place.directory, 'agent');
    await writeSabotagedAgent(row.agent, layer);
    const image = `debian:fast,agent=${layer}`;
    const end = await place.run(['run', '--image', image, '--accel', 'tcg', IDS.residue]);
    judgeRun(t, end, 1);
    const [told] = end.tap.scenarios;
    const expected = row.fails.residue;
    if (told === undefined || expected === undefined) t.fail('nothing was judged');
    else t.comment(judgeFailure(t, row, told, expected));
    await place.expectNothingLeft(t);
  });
}
t.teardown(() => t.comment(`figure: ${String(CLEANUP.length)} agents`));
