import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readScenarios } from './index.js';
import { describeError } from '../errors.js';
const cases = JSON.parse(readFileSync('/tmp/cases.json', 'utf8')) as {
  t: string;
  f: Record<string, string[]>;
}[];
let out = `import t from 'tap';
import { complaints, type Files } from './scenario-files.js';

/** What is wrong, the files, and exactly what the author is told. */
const mistakes: { what: string; files: Files; told: string[] }[] = [\n`;
for (const { t, f } of cases) {
  rmSync('/tmp/scn/gen', { recursive: true, force: true });
  for (const [n, l] of Object.entries(f)) {
    const p = join('/tmp/scn/gen', n);
    mkdirSync(dirname(p), { recursive: true });
    writeFileSync(p, l.join('\n') + '\n');
  }
  const { problems } = await readScenarios(['.'], { workingDirectory: '/tmp/scn/gen' });
  const told = problems.map(describeError).join('\n\n').split('\n');
  out += `  { what: ${JSON.stringify(t)}, files: ${JSON.stringify(f)}, told: ${JSON.stringify(told)} },\n`;
  console.log('## ' + t + '\n' + told.join('\n') + '\n');
}
out += `];

t.test('every kind of mistake is told with its place, what was expected, and what to do', async (t) => {
  for (const { what, files, told } of mistakes) {
    await t.test(what, async (t) => {
      t.equal(await complaints(t, files), told.join('\\n'));
    });
  }
});
`;
writeFileSync('test/unit/scenario/mistakes.test.ts', out);
