import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { loadKnownIssues } from '../../../driver/run/known-issues/load.js';
import { explainFile, explainStep, keyTable, stepKinds } from '../../../driver/scenario/index.js';
import { complaints, type Files } from './scenario-files.js';

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

/** Blocks of other programs' YAML: configuration of CI services. */
const FOREIGN = new Set(['docs/ci.md']);

/** All pages, by their path in the project. */
function pages(): string[] {
  const below = readdirSync(docs, { recursive: true, encoding: 'utf8' });
  const written = below.filter((name) => name.endsWith('.md') && !name.startsWith('_site'));
  return ['README.md', ...written.map((name) => `docs/${name}`).sort()];
}

/** What a reader would make of an example: the files to be checked. */
function filesOf(block: string): Files {
  if (/^(?:version|name|steps):/m.test(block) && /^steps:/m.test(block))
    return { 'it.yaml': block };
  if (/^sections:/m.test(block)) {
    const [, name = ''] = /^plan: (.*)$/m.exec(block) ?? [];
    const sections = [...block.matchAll(/^ {2}([a-z-]+):$/gm)].map(([, section]) => section ?? '');
    const uses = sections.map((section) => `{ plan: ${name}/${section} }`).join(', ');
    return { 'it.yaml': `name: It\nsteps: [${uses}]\n`, [`plans/${name}.yaml`]: block };
  }
  return {
    'it.yaml': `name: It\nvariables: { name: n }\nmachine: { disks: { vda: 4G, vdb: 1G, vdc: 1G }, display: true }\nsteps:\n${block}`,
    'files/preseed.cfg': 'x',
    'plans/raid-lvm-residue.yaml': `plan: raid-lvm-residue\n${shortPlan}`,
    'plans/scratch-volume.yaml': `plan: scratch-volume\n${shortPlan}`,
  };
}

t.test('every example of every page is accepted', async (t) => {
  const told = new Map<string, number>();
  for (const name of pages()) {
    const text = readFileSync(join(docs, '..', name), 'utf8');
    // Steps stand in blocks of text where a formatter of YAML would spoil them.
    const steps = name.startsWith('docs/steps/') ? blocks(text, 'text') : [];
    const shown = [...blocks(text, 'yaml'), ...steps];
    if (shown.length > 0) told.set(name, shown.length);
    for (const block of shown) {
      const label = `${name}: ${block}`;
      if (FOREIGN.has(name)) {
        t.same(
          parseAllDocuments(block).flatMap((document) => document.errors),
          [],
          label,
        );
      } else if (/^issues:/m.test(block)) {
        const directory = t.testdir({ 'known-issues.yaml': block });
        const file = join(directory, 'known-issues.yaml');
        t.doesNotThrow(() => loadKnownIssues(file, directory), label);
      } else {
        t.equal(await complaints(t, filesOf(block)), '', label);
      }
    }
  }
  for (const kind of stepKinds) t.ok(told.has(`docs/steps/${kind}.md`), `${kind}: an example`);
  for (const name of ['README', 'docs/scenarios', 'docs/plans', 'docs/known-issues']) {
    t.ok(told.has(`${name}.md`), `${name}: an example`);
  }
});

t.test('explaining what there is not names the nearest', async (t) => {
  t.throws(() => explainStep('wiat'), {
    code: 'TAPBOOT_E_STEP_KIND_UNKNOWN',
    details: { hint: "did you mean 'wait'?" },
  });
});
