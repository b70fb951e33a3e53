import { join } from 'node:path';
import t, { type Test } from 'tap';
import { stepKeys } from '../../../driver/snapshots/step-keys.js';
import { loadScenarios } from '../../../driver/scenario/index.js';

const TEXT = `version: 1
name: Keyed
variables: { word: one }
steps:
  - name: first
    run: echo \${word}
  - name: second
    run: systemctl start x.service
  - name: third
    wait: { unit: x.service, ended: inactive, since: step }
  - name: fourth
    run: 'true'
`;

const noFiles = (): Promise<string> => Promise.reject(new Error('no file is copied here'));

async function keys(t: Test, text: string, variables = {}, root = 'root'): Promise<string[]> {
  const directory = t.testdir({ 'keyed.yaml': text });
  const options = { workingDirectory: directory, variables, run: 'run' };
  const [scenario] = await loadScenarios([join(directory, 'keyed.yaml')], options);
  if (scenario === undefined) throw new Error('no scenario');
  return (await stepKeys(scenario, root, noFiles)).map(({ key }) => key);
}

/** Which keys are the same: `=` or `x`, a letter a step. */
const compared = (a: string[], b: string[]): string =>
  a.map((key, index) => (key === b[index] ? '=' : 'x')).join('');

t.test('a change of a step changes the keys from there on, and no others', async (t) => {
  const before = await keys(t, TEXT);
  t.equal(new Set(before).size, 4, 'each step has a key of its own');
  const after = async (from: string, to: string): Promise<string> =>
    compared(before, await keys(t, TEXT.replace(from, to)));
  t.equal(await after('x', 'x'), '====', 'nothing changed');
  t.equal(await after("run: 'true'", "run: 'false'"), '===x', 'the last step');
  t.equal(await after('start x.service', 'restart x.service'), '=xxx', 'one in the middle');
  t.equal(await after('word: one', 'word: two'), 'xxxx', 'a variable that the first one uses');
  t.equal(await after('name: first', 'name: 1st'), '====', 'a title');
  t.equal(await after('steps:', '# a comment\nsteps:'), '====', 'places in the file');
  t.equal(compared(before, await keys(t, TEXT, { word: 'two' })), 'xxxx', '--var');
  t.equal(compared(before, await keys(t, TEXT, {}, 'other')), 'xxxx', 'where it starts from');
});

t.test('what the engine looks ahead to counts before the step that needs it', async (t) => {
  const before = await keys(t, TEXT);
  const other = await keys(t, TEXT.replace('unit: x.service', 'unit: y.service'));
  t.equal(compared(before, other), '=xxx', 'the run before is asked for in the second step');
});
