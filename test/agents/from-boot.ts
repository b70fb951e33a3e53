// Runs of whole scenarios on an image that has a sabotaged agent.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { Place, projectRoot, type TapbootRun } from '../helpers/run-tapboot.js';
import { writeSabotagedAgent } from './layer.js';
import { IDS, judgeFailure, judgeRun, type Row, type Scenario } from './table.js';

/** Another id than that of the whole scenario, which is loaded beside it. */
const BEGINNING = 'beginning-of-residue';

/** A place, and the SPEC of the image with a row's agent. */
async function imageOf(t: Test, { agent }: Row): Promise<{ place: Place; image: string }> {
  const place = await Place.make(t, { states: 'none' });
  const layer = join(place.directory, 'agent');
  await writeSabotagedAgent(agent, layer);
  return { place, image: `debian:fast,agent=${layer}` };
}

/** The residue scenario, from the boot to its verdict. @returns a line for a table */
export async function residueFromBoot(t: Test, row: Row): Promise<string> {
  const expected = row.fails.residue;
  if (expected === undefined) throw new Error(`${row.agent} is not about the residue`);
  const { place, image } = await imageOf(t, row);
  const end = await place.run(['run', '--image', image, '--accel', 'tcg', IDS.residue]);
  judgeRun(t, end, 1);
  const [told] = end.tap.scenarios;
  await place.expectNothingLeft(t);
  if (told === undefined) throw new Error('nothing was judged');
  return judgeFailure(t, row, told, expected);
}

/** The residue scenario, edited, from the boot of an image with an agent. */
export async function residueOfAgent(
  t: Test,
  agent: string,
  edit: (text: string) => string,
): Promise<TapbootRun> {
  const place = await Place.make(t, { states: 'none' });
  const layer = join(place.directory, 'agent');
  await writeSabotagedAgent(agent, layer);
  const directory = join(place.directory, 'scenarios');
  mkdirSync(directory);
  symlinkSync(join(projectRoot, 'scenarios/plans'), join(directory, 'plans'));
  const file = join(directory, 'edited.yaml');
  writeFileSync(
    file,
    edit(readFileSync(join(projectRoot, 'scenarios', `${IDS.residue}.yaml`), 'utf8')),
  );
  const image = `debian:fast,agent=${layer}`;
  return await place.run(['run', '--image', image, '--accel', 'tcg', file]);
}

/** The residue scenario as far as its first plan: it has to fail before it. */
function beginningOfResidue(place: Place): string {
  const text = readFileSync(join(projectRoot, 'scenarios', `${IDS.residue}.yaml`), 'utf8');
  const file = join(place.directory, `${BEGINNING}.yaml`);
  writeFileSync(file, text.slice(0, text.indexOf('  - plan:')));
  return file;
}

/**
 * The scenarios about the boot, and the beginning of the residue scenario where it has to fail:
 * exactly those fail that should. @returns lines for a table
 */
export async function scenariosOfBoot(t: Test, row: Row): Promise<string[]> {
  const { place, image } = await imageOf(t, row);
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
  const end = await place.run(['run', '--image', image, '--accel', 'tcg', ...limits, ...files]);
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
  await place.expectNothingLeft(t);
  return chosen.flatMap((name, index) => {
    const expected = row.fails[name];
    const told = end.tap.scenarios[index];
    return expected === undefined || told === undefined
      ? []
      : [judgeFailure(t, row, told, expected)];
  });
}
