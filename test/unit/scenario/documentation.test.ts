import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { explainFile, explainStep, keyTable, stepKinds } from '../../../driver/scenario/index.js';
import { complaints } from './scenario-files.js';

const docs = join(import.meta.dirname, '../../../docs');
const page = (name: string): string => readFileSync(join(docs, name), 'utf8');

/** What stands between fences of a language. */
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block]) => block ?? '',
  );

const shortPlan =
  'variables: { name: n }\nsections: { make: [{ run: id }], resurrect: [{ run: id }], seed: [{ run: id }] }\n';

t.test('every kind of step has a page with all its keys', async (t) => {
  for (const kind of stepKinds) {
    const { keys, description, examples } = explainStep(kind);
    t.ok(page(`steps/${kind}.md`).includes(keyTable(keys)), `${kind}: the table of keys`);
    t.ok(description.length > 20 && examples.length > 0, `${kind}: description and example`);
    t.match(page('scenarios.md'), new RegExp(`\\[${kind}\\]\\(steps/${kind}\\.md\\)`));
  }
});

t.test('the pages about files have all their keys', async (t) => {
  t.ok(page('scenarios.md').includes(keyTable(explainFile('scenario'))));
  t.ok(page('plans.md').includes(keyTable(explainFile('plan'))));
});

t.test('what the pages show is accepted', async (t) => {
  for (const name of [...stepKinds.map((kind) => `steps/${kind}.md`), 'write-scenarios.md']) {
    const shown = [...blocks(page(name), 'yaml'), ...blocks(page(name), 'text')];
    t.ok(shown.length > 0, `${name}: there is an example`);
    for (const block of shown) {
      const told = await complaints(t, {
        'it.yaml': `name: It\nvariables: { name: n }\nmachine: { disks: { vda: 4G, vdb: 1G, vdc: 1G }, display: true }\nsteps:\n${block}`,
        'files/preseed.cfg': 'x',
        'plans/raid-lvm-residue.yaml': `plan: raid-lvm-residue\n${shortPlan}`,
        'plans/scratch-volume.yaml': `plan: scratch-volume\n${shortPlan}`,
      });
      t.equal(told, '', `${name}: ${block}`);
    }
  }
  for (const [index, block] of blocks(page('scenarios.md'), 'yaml').entries()) {
    t.equal(await complaints(t, { [`it-${String(index)}.yaml`]: block }), '', block);
  }
  const [plan] = blocks(page('plans.md'), 'yaml');
  const use = 'name: It\nsteps: [{ plan: scratch-volume/make }, { plan: scratch-volume/check }]\n';
  t.equal(
    await complaints(t, { 'it.yaml': use, 'plans/scratch-volume.yaml': plan ?? '' }),
    '',
    'the plan',
  );
});

t.test('explaining what there is not names the nearest', async (t) => {
  t.throws(() => explainStep('wiat'), {
    code: 'TAPBOOT_E_STEP_KIND_UNKNOWN',
    details: { hint: "did you mean 'wait'?" },
  });
});
