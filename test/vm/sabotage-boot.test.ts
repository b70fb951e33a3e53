// Each agent that is sabotaged at boot makes exactly the scenarios fail that it should, at the step
// that is about what it does wrong, with the right class; all others of its run pass.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sabotagedAgents, writeSabotagedAgent } from '../agents/layer.js';
import { BOOT, CLEANUP, IDS, judgeFailure, judgeRun, type Scenario } from '../agents/table.js';
import { Place, projectRoot } from '../helpers/run-tapboot.js';

t.setTimeout(60 * 60_000);

const lines: string[] = [];

/** Another id than that of the whole scenario, which is loaded beside it. */
const BEGINNING = 'beginning-of-residue';

/**
 * The residue scenario as far as its first plan, on the machine of the others, so that one boot
 * serves all: it has to fail before it needs its further disks.
 */
function beginningOfResidue(place: Place): string {
  const text = readFileSync(join(projectRoot, 'scenarios', `${IDS.residue}.yaml`), 'utf8');
  const file = join(place.directory, `${BEGINNING}.yaml`);
  const beginning = text.slice(0, text.indexOf('  - plan:'));
  writeFileSync(file, beginning.replace(/disks: \{.*?\}/, 'disks: { vda: 4G }'));
  return file;
}

for (const row of BOOT) {
  void t.test(row.agent, async (t) => {
    const place = await Place.make(t, { states: 'none' });
    const layer = join(place.directory, 'agent');
    await writeSabotagedAgent(row.agent, layer);
    const limits = Object.entries(row.limits ?? {}).flatMap(([name, seconds]) => [
      ...['--var', `${name}=${String(seconds)}s`],
    ]);
    const failing = Object.keys(row.fails) as Scenario[];
    const dead = row.class === 'guest-dead';
    const chosen: Scenario[] = dead ? failing : ['announces', 'network', 'provisions'];
    const files: string[] = chosen.map((name) => IDS[name]);
    if (failing.includes('residue')) {
      files.push(beginningOfResidue(place));
      chosen.push('residue');
    }
    const end = await place.run([
      ...['run', '--image', `debian:fast,agent=${layer}`, '--accel', 'tcg', ...limits, ...files],
    ]);
    judgeRun(t, end, dead ? 3 : 1);
    const verdicts = end.metadata?.scenarios.map(({ id, outcome }) => [id, outcome]);
    t.same(
      verdicts,
      chosen.map((name) => [
        name === 'residue' ? BEGINNING : IDS[name],
        failing.includes(name) ? 'failed' : 'passed',
      ]),
      'exactly the right scenarios fail',
    );
    for (const [index, name] of chosen.entries()) {
      const expected = row.fails[name];
      const told = end.tap.scenarios[index];
      if (expected !== undefined && told !== undefined) {
        lines.push(judgeFailure(t, row, told, expected));
      }
    }
    await place.expectNothingLeft(t);
  });
}

t.test('every sabotaged agent is in the tables', async (t) => {
  const known = new Set([...BOOT, ...CLEANUP].map(({ agent }) => agent));
  t.same((await sabotagedAgents()).sort(), [...known].sort());
});

t.teardown(() => {
  t.comment('agent | scenario | step | class | message');
  for (const line of lines.sort()) t.comment(line);
});
