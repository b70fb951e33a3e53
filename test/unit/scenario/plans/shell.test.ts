import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadPlan, planAsShell, readPlan, type Plan } from '../../../../driver/scenario/index.js';
import { judgeOutput } from '../../../../driver/language/expect/judge.js';
import { stringify } from 'yaml';
import { filesIn } from '../scenario-files.js';

/** A plan with one section `go` of these steps. */
async function planOf(t: Test, steps: unknown[], more: object = {}): Promise<Plan> {
  const text = stringify({ plan: 'try-it', ...more, sections: { go: steps } });
  const directory = await filesIn(t, { 'plans/try-it.yaml': text });
  return loadPlan('try-it', join(directory, 'plans'), { workingDirectory: directory });
}

const shell = (script: string, cwd: string, program = 'sh') =>
  execa(program, { cwd, input: script, reject: false, stripFinalNewline: false });

/** What the engine would say: the index of the first step that is not as expected, or -1. */
async function engineVerdict(plan: Plan, cwd: string): Promise<number> {
  const steps = plan.sections[0]?.steps ?? [];
  for (const [index, step] of steps.entries()) {
    const result = await execa('bash', ['-c', step.command], {
      cwd,
      reject: false,
      stripFinalNewline: false,
      stdin: step.stdin === undefined ? 'ignore' : 'pipe',
      input: step.stdin,
    });
    const { exitCode = null, stdout, stderr } = result;
    const judgements = judgeOutput({ exitStatus: exitCode, stdout, stderr }, step.expect);
    if (!judgements.every(({ ok }) => ok)) return index;
  }
  return -1;
}

const nasty = `it's "a" $HOME \`id\` \\n $(id) * ? [x] %s ! ~ # ; & | é`;

/** Steps, and which of them fails; -1 for none. Each is preceded by one that passes. */
const cases: { what: string; step: unknown; fails: boolean }[] = [
  { what: 'status 0', step: { run: 'true' }, fails: false },
  { what: 'another status', step: { run: 'exit 3' }, fails: true },
  { what: 'the right other status', step: { run: 'exit 3', expect: { exit: 3 } }, fails: false },
  { what: 'one of a list', step: { run: 'exit 2', expect: { exit: [0, 2] } }, fails: false },
  { what: 'none of a list', step: { run: 'exit 20', expect: { exit: [0, 2] } }, fails: true },
  { what: 'nonzero', step: { run: 'false', expect: { exit: 'nonzero' } }, fails: false },
  { what: 'nonzero of zero', step: { run: 'true', expect: { exit: 'nonzero' } }, fails: true },
  { what: 'any', step: { run: 'exit 77', expect: { exit: 'any' } }, fails: false },
  {
    what: 'killed by a signal',
    step: { run: 'sh -c "kill -9 \\$\\$"; exit $?', expect: { exit: 137 } },
    fails: false,
  },
  {
    what: 'contains',
    step: { run: 'echo abc', expect: { stdout: { contains: 'b' } } },
    fails: false,
  },
  { what: 'lacks', step: { run: 'echo abc', expect: { stdout: { contains: 'd' } } }, fails: true },
  {
    what: 'a pattern of the shell is taken literally',
    step: { run: 'echo abc', expect: { stdout: { contains: 'a*c' } } },
    fails: true,
  },
  {
    what: 'text over several lines',
    step: { run: 'printf "a\\nb\\n"', expect: { stdout: { contains: 'a\nb' } } },
    fails: false,
  },
  {
    what: 'lines in another order',
    step: { run: 'printf "b\\na\\n"', expect: { stdout: { contains: 'a\nb' } } },
    fails: true,
  },
  {
    what: 'not_contains that does',
    step: { run: 'echo secret', expect: { stdout: { not_contains: ['x', 'cre'] } } },
    fails: true,
  },
  {
    what: 'a name on stderr is none on stdout',
    step: {
      run: 'ls /nowhere/vg_residue',
      expect: { exit: 'nonzero', stdout: { not_contains: 'vg_residue' } },
    },
    fails: false,
  },
  {
    what: 'stderr contains',
    step: {
      run: 'echo oops >&2',
      expect: { stderr: { contains: 'oops' }, stdout: { equals: '' } },
    },
    fails: false,
  },
  {
    what: 'stderr lacks',
    step: { run: 'echo oops', expect: { stderr: { contains: 'oops' } } },
    fails: true,
  },
  { what: 'equals', step: { run: 'echo a', expect: { stdout: { equals: 'a' } } }, fails: false },
  {
    what: 'equals but for two newlines',
    step: { run: 'printf "a\\n\\n"', expect: { stdout: { equals: 'a' } } },
    fails: true,
  },
  {
    what: 'output that ends in X',
    step: { run: 'printf aXX', expect: { stdout: { equals: 'aXX' } } },
    fails: false,
  },
  {
    what: 'blank is not empty',
    step: { run: 'echo " "', expect: { stdout: { equals: '' } } },
    fails: true,
  },
  {
    what: 'input',
    step: { run: { command: 'cat', stdin: nasty, expect: { stdout: { equals: nasty } } } },
    fails: false,
  },
  { what: 'no input is its end', step: { run: 'read -r line' }, fails: true },
  {
    what: 'a text that a shell would spoil',
    step: {
      run: `cat <<'END'\n${nasty}\nEND`,
      expect: { stdout: { contains: nasty, not_contains: `${nasty}.` } },
    },
    fails: false,
  },
  { what: 'several lines', step: { run: 'cd /\nx=1\n[ "$x" = 1 ] && pwd' }, fails: false },
  { what: 'the shell of a step is its own', step: { run: '[ -z "$kept" ]' }, fails: false },
  { what: 'a command that leaves', step: { run: 'exit 1; true' }, fails: true },
  { what: 'a syntax error', step: { run: 'if' }, fails: true },
  { what: 'a program that is not there', step: { run: 'no-such-program-here' }, fails: true },
  { what: 'hyphen in front', step: { run: '-x' }, fails: true },
];

t.test('a printed section judges as the engine does', async (t) => {
  for (const { what, step, fails } of cases) {
    await t.test(what, async (t) => {
      const title = `the step's "title"`;
      const plan = await planOf(t, [
        { run: 'kept=1; echo before' },
        { name: title, ...(step as object) },
        { run: 'touch reached' },
      ]);
      const cwd = t.testdirName;
      const script = planAsShell(plan, 'go');
      for (const program of ['sh', 'bash']) {
        const { exitCode, stderr, stdout } = await shell(script, cwd, program);
        t.equal(exitCode, fails ? 1 : 0, `${program}: status`);
        t.match(stdout, /^# run: kept=1; echo before\nbefore\n/, `${program}: shows what it does`);
        t.equal(stderr.includes(`FAILED: ${title}`), fails, `${program}: names what failed`);
        t.equal(existsSync(join(cwd, 'reached')), !fails, `${program}: goes on only after success`);
        await execa('rm', ['-f', 'reached'], { cwd });
      }
      t.equal(await engineVerdict(plan, cwd), fails ? 1 : -1, 'the engine agrees');
    });
  }
});

t.test('without a section the script defines functions and runs none', async (t) => {
  const text = stringify({
    plan: 'two-parts',
    sections: { 'part-one': [{ run: 'touch one' }], two: [{ run: 'exit 4' }] },
  });
  const directory = await filesIn(t, { 'two-parts.yaml': text });
  const plan = await loadPlan('two-parts', directory, { workingDirectory: directory });
  const script = planAsShell(plan);
  const alone = await shell(script, directory);
  t.equal(alone.exitCode, 0);
  t.equal(
    alone.stdout,
    [
      "plan two-parts: nothing has been run. Read this file with '. FILE', then call",
      '  two_parts_part_one  (1 commands)',
      '  two_parts_two  (1 commands)',
      '',
    ].join('\n'),
  );
  t.notOk(existsSync(join(directory, 'one')), 'nothing was run');
  const called = await shell(`${script}\nset -e\ntwo_parts_part_one && echo done`, directory);
  t.match(called.stdout, /done/);
  t.ok(existsSync(join(directory, 'one')));
  const failed = await shell(
    `${script}\ntwo_parts_two || echo "failed with $?, and went on"`,
    directory,
  );
  t.match(failed.stdout, /failed with 1, and went on/, 'a failing section does not end the caller');
});

t.test('variables are filled in, and can be given', async (t) => {
  const steps = [
    { run: 'echo ${word} $${word:-shell}', expect: { stdout: { equals: 'one shell' } } },
  ];
  const plan = await planOf(t, steps, { variables: { word: 'one' } });
  t.equal((await shell(planAsShell(plan, 'go'), t.testdirName)).exitCode, 0);
  const given = await readPlan(plan.path, {
    workingDirectory: t.testdirName,
    variables: { word: 'two' },
  });
  if (!given.ok) throw new Error('the plan is wrong');
  const other = await shell(planAsShell(given.plan, 'go'), t.testdirName);
  t.match(other.stderr, /expected: one shell\n {2}got: {6}two shell/);
});

t.test('an unknown section or plan is a scenario error with the nearest', async (t) => {
  const plan = await planOf(t, [{ run: 'true' }], { sections: { seed: [{ run: 'true' }] } });
  t.throws(() => planAsShell(plan, 'goo'), {
    code: 'TAPBOOT_E_PLAN_SECTION',
    failureClass: 'scenario',
    details: { hint: "did you mean 'go'?" },
  });
  await t.rejects(
    loadPlan('try-at', join(t.testdirName, 'plans'), { workingDirectory: t.testdirName }),
    { code: 'TAPBOOT_E_PLAN_UNKNOWN', details: { hint: "did you mean 'try-it'?" } },
  );
});

t.test(
  'the canonical plan prints as scripts that a shell can read and shellcheck accepts',
  async (t) => {
    const directory = join(import.meta.dirname, '../../../../scenarios/plans');
    const plan = await loadPlan('raid-lvm-residue', directory, { workingDirectory: directory });
    t.same(
      plan.sections.map(({ name }) => name),
      ['free-disks', 'seed', 'verify', 'resurrect'],
    );
    for (const section of [undefined, ...plan.sections.map(({ name }) => name)]) {
      const script = planAsShell(plan, section);
      t.equal((await execa('sh', ['-n'], { input: script, reject: false })).stderr, '');
      // SC2016: variables in single quotes are for the inner shell.
      const lint = await execa(
        'shellcheck',
        ['--shell=sh', '--exclude=SC2016,SC2329,SC2317', '-'],
        { input: script, reject: false },
      );
      t.equal(lint.stdout, '', `${section ?? 'all'}: shellcheck`);
    }
  },
);
