// Each agent that does the forced cleanup badly fails the residue scenario at the step that is
// about what it does wrong, and the reference agent passes. The residue is seeded once; every agent
// is put into a machine restored from there. All the way, from the boot of an image that has it,
// they go in the soak.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse, stringify } from 'yaml';
import { writeSabotagedAgent } from '../agents/layer.js';
import { residueFromBoot } from '../agents/from-boot.js';
import { CLEANUP, IDS, judgeFailure, judgeRun } from '../agents/table.js';
import { Place, projectRoot } from '../helpers/run-tapboot.js';
import { inSoak } from '../helpers/soak.js';

t.setTimeout(60 * 60_000);

const [WHOLE] = CLEANUP;
const RESTORED = CLEANUP.filter(({ daily }) => daily);
const lines: string[] = [];
const SEED = 'raid-lvm-residue/seed';
/** Smaller than the scenario's own: what a cleanup does is the same, and takes less. All start from one boot. */
const DISKS = { vda: '4G', vdb: '192M', vdc: '192M' };
/** What the layer of a sabotaged agent has beside the reference agent. */
const PARTS = ['usr/sbin/pre-nixos', 'usr/lib/pre-nixos/agent', 'usr/lib/pre-nixos/sabotage.sh'];

interface ScenarioFile {
  name: string;
  machine: { disks: Record<string, string> };
  steps: Record<string, unknown>[];
}

/** The residue scenario, cut where its disks are seeded. */
function halves(): { head: ScenarioFile; tail: ScenarioFile } {
  const text = readFileSync(join(projectRoot, 'scenarios', `${IDS.residue}.yaml`), 'utf8');
  const whole = parse(text) as ScenarioFile;
  const cut = whole.steps.findIndex(({ plan }) => plan === SEED) + 1;
  const head = structuredClone(whole);
  head.machine.disks = DISKS;
  head.steps = [...whole.steps.slice(0, cut), { checkpoint: 'seeded' }];
  const { machine: _inherited, ...rest } = whole;
  const tail = { ...rest, from: 'seed#seeded', steps: whole.steps.slice(cut) };
  return { head, tail: tail as unknown as ScenarioFile };
}

await t.test('on machines with the residue on their disks', async (t) => {
  const place = await Place.make(t);
  const directory = join(place.directory, 'scenarios');
  mkdirSync(directory);
  symlinkSync(join(projectRoot, 'scenarios/plans'), join(directory, 'plans'));
  const { head, tail } = halves();
  const files = [join(directory, 'seed.yaml')];
  writeFileSync(files[0] ?? '', stringify({ ...head, name: 'Seed' }));
  const reference = join(directory, 'reference.yaml');
  writeFileSync(reference, stringify({ ...tail, name: 'Reference' }));
  files.push(reference);
  for (const { agent } of RESTORED) {
    await writeSabotagedAgent(agent, join(directory, agent));
    const copies = PARTS.map((path) => ({
      copy: { in: { host: `${agent}/${path}`, guest: `/${path}` } },
    }));
    const steps = [{ run: 'mkdir -p /usr/lib/pre-nixos' }, ...copies, ...tail.steps];
    const file = join(directory, `${agent}.yaml`);
    writeFileSync(file, stringify({ ...tail, name: agent, steps }));
    files.push(file);
  }
  const end = await place.run(['run', '--image', 'debian:fast', '--accel', 'tcg', ...files]);
  judgeRun(t, end, 1);
  const [seed, whole, ...judged] = end.tap.scenarios;
  t.match(seed, { title: 'Seed', ok: true });
  t.match(whole, { title: 'Reference', ok: true }, 'that of the image passes');
  t.same(
    whole?.steps.filter(({ ok, skip }) => !ok || skip !== undefined),
    [],
  );
  t.equal(judged.length, RESTORED.length);
  for (const row of RESTORED) {
    const told = judged.find(({ title }) => title === row.agent);
    const expected = row.fails.residue;
    if (told === undefined || expected === undefined) t.fail(`${row.agent} was not judged`);
    else lines.push(judgeFailure(t, row, told, expected));
  }
  await place.expectNothingLeft(t);
});

await inSoak(t, 'from the boot to the verdict', async (t) => {
  if (WHOLE === undefined) t.fail('no such row');
  else lines.push(await residueFromBoot(t, WHOLE));
});

t.teardown(() => {
  t.comment('agent | scenario | step | class | message');
  for (const line of lines.sort()) t.comment(line);
});
