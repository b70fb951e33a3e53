// Scenario files that somebody else wrote: whatever is in the largest YAML that is read, checking it
// takes seconds, and what is told of it can be read.
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { describeError } from '../../../driver/errors.js';
import { readScenarios, type LoadedScenarios } from '../../../driver/scenario/load/load.js';

const HEAD = 'version: 1\nname: x\n';
const STEPS = 'steps:\n  - run: "true"\n';
const MEBIBYTE = 1024 * 1024;
const LARGEST = 256 * 1024;

t.setTimeout(300_000);

async function read(t: Test, text: string): Promise<LoadedScenarios & { seconds: number }> {
  const file = join(t.testdir(), 'x.yaml');
  writeFileSync(file, text);
  const started = process.cpuUsage();
  const loaded = await readScenarios([file], { workingDirectory: t.testdirName });
  for (const problem of loaded.problems) describeError(problem);
  const { user, system } = process.cpuUsage(started);
  return { ...loaded, seconds: (user + system) / 1e6 };
}

/** As many copies of a line as a file may have; `#` in it becomes a number. */
function lines(line: string, head: string, tail = ''): string {
  const count = Math.floor((LARGEST - head.length - tail.length - 1000) / (line.length + 6));
  const all = Array.from({ length: count }, (_, index) => line.replace('#', String(index)));
  return `${head}${all.join('\n')}\n${tail}`;
}

const codes = ({ problems }: LoadedScenarios): string[] => [
  ...new Set(problems.map(({ code }) => code)),
];

t.test('a matrix of a few bytes makes no more scenarios than anybody would want', async (t) => {
  const axes = 'abcde'.split('').map((name) => `  ${name}: [1,2,3,4,5,6,7,8,9,10]\n`);
  const text = `${HEAD}matrix:\n${axes.join('')}steps:\n  - run: echo \${a} \${b} \${c} \${d} \${e}\n`;
  t.ok(text.length < 250);
  const loaded = await read(t, text);
  t.same(codes(loaded), ['TAPBOOT_E_MATRIX_SIZE']);
  t.match(loaded.problems[0]?.message, /100000 scenarios/);
  t.ok(loaded.seconds < 5);
  const three = `${HEAD}matrix:\n${axes.slice(0, 3).join('')}steps:\n  - run: echo \${a}\n`;
  t.equal((await read(t, three)).scenarios.length, 1000, 'a thousand are made');
});

t.test('aliases', async (t) => {
  const many = await read(t, lines('  - *a', `${HEAD}variables: {a: &a b}\nsteps:\n`));
  t.same(codes(many), ['TAPBOOT_E_YAML_ALIASES']);
  t.ok(many.seconds < 10, `${many.seconds.toFixed(1)} s`);
  const few = await read(t, `${HEAD}variables: {a: &a b}\ntags: [${'*a, '.repeat(90)}x]\n${STEPS}`);
  t.notOk(codes(few).includes('TAPBOOT_E_YAML_ALIASES'), 'ninety are no flood');
});

t.test('unknown keys, wrong values and wrong syntax by the thousand', async (t) => {
  const floods: [string, string][] = [
    ['unknown keys', lines('key#: 1', HEAD, STEPS)],
    ['unknown keys in steps', lines('  - {run: x, k#: 1}', `${HEAD}steps:\n`)],
    ['steps of no kind', lines('  - k#: 1', `${HEAD}steps:\n`)],
    ['the same key', lines('key: 1', HEAD, STEPS)],
    ['keys that are no text', lines('#: 1', HEAD, STEPS)],
    ['wrong syntax', lines('a#: b: c', HEAD, STEPS)],
    ['one long line', `${HEAD}tags: [${'!x, '.repeat(60_000)}]\n${STEPS}`],
    ['a long key', `${HEAD}${'k'.repeat(250_000)}: 1\n${STEPS}`],
    ['variables that are not there', lines('  - run: "${v#}"', `${HEAD}steps:\n`)],
    ['wrong timeouts', lines('  - {run: x, timeout: #}', `${HEAD}steps:\n`)],
  ];
  for (const [name, text] of floods) {
    const loaded = await read(t, text);
    t.ok(loaded.problems.length > 0, name);
    t.ok(loaded.seconds < 10, `${name}: ${loaded.seconds.toFixed(1)} s`);
    const told = loaded.problems.map(describeError).join('\n').length;
    t.ok(told < 30 * MEBIBYTE, `${name}: ${String(told)} characters`);
  }
});

t.test('files that have no end', async (t) => {
  const directory = t.testdir({ 'good.yaml': `${HEAD}${STEPS}` });
  execFileSync('mkfifo', [join(directory, 'fifo.yaml')]);
  symlinkSync('/dev/zero', join(directory, 'zero.yaml'));
  const { scenarios, problems } = await readScenarios([directory], { workingDirectory: directory });
  t.match(scenarios, [{ id: 'good' }]);
  t.match(problems, [{ details: { at: { file: 'zero.yaml' } } }]);
});

t.test('what is right takes seconds, too', async (t) => {
  const steps = await read(t, lines('  - run: "echo #"', `${HEAD}steps:\n`));
  t.same(steps.problems, []);
  t.ok(steps.seconds < 10, `${steps.seconds.toFixed(1)} s`);
  const variables = await read(t, lines('  v#: x', `${HEAD}variables:\n`, STEPS));
  t.same(variables.problems, []);
  t.ok(variables.seconds < 10, `${variables.seconds.toFixed(1)} s`);
});
