// The path of somebody's first ten minutes: new, edit, check, run, failing, open, fixed.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { Place, projectRoot } from '../helpers/run-tapboot.js';

t.setTimeout(30 * 60_000);

void t.test('from an empty directory to a scenario that holds', async (t) => {
  const place = await Place.make(t);
  const cwd = join(place.directory, 'first');
  await mkdir(cwd);
  const began = performance.now();
  const tapboot = async (...args: string[]) => {
    const from = performance.now();
    const end = await execa(join(projectRoot, 'bin/tapboot'), args, {
      ...{ reject: false, extendEnv: false, env: place.environment(), stdin: 'ignore', cwd },
    });
    const seconds = ((performance.now() - from) / 1000).toFixed(1);
    t.comment(`tapboot ${args.join(' ')}: exit ${String(end.exitCode)} after ${seconds} s`);
    return end;
  };

  const made = await tapboot('new', 'greets');
  t.equal(made.exitCode, 0, made.stderr);
  const file = join(cwd, 'scenarios/greets.yaml');
  const template = await readFile(file, 'utf8');
  t.match(made.stdout, /tapboot check scenarios\/greets\.yaml/, 'what to do next');

  // What a newcomer adds, with a slip of the pen.
  const step = (file: string, key: string): string =>
    `  - name: the guest greets\n    run: cat ${file}\n    ${key}: { stdout: { contains: GNU/Linux } }\n`;
  await writeFile(file, template.trimEnd() + '\n\n' + step('/etc/isue', 'expct'));
  const checked = await tapboot('check', 'scenarios/greets.yaml');
  t.equal(checked.exitCode, 2);
  const line = template.trimEnd().split('\n').length + 4;
  t.match(checked.stderr, new RegExp(`scenarios/greets\\.yaml:${String(line)}:5`), 'where it is');
  t.match(checked.stderr, /expect/, 'what was meant');

  await writeFile(file, template.trimEnd() + '\n\n' + step('/etc/isue', 'expect'));
  t.equal((await tapboot('check', 'scenarios/greets.yaml')).exitCode, 0);
  const failed = await tapboot('run', '--accel', 'tcg', 'scenarios/greets.yaml');
  t.equal(failed.exitCode, 1, failed.stderr);
  t.match(failed.stdout, /isue: No such file or directory/, 'what went wrong');
  const capsule = /open: "tapboot open (\S+)"/.exec(failed.stdout)?.[1] ?? '';
  t.ok(capsule, 'and how to look at it');

  const opened = await tapboot('open', capsule, '--', 'ls /etc/is*');
  t.equal(opened.exitCode, 0, opened.stderr);
  t.equal(
    opened.stdout,
    '/etc/issue\n/etc/issue.net',
    'the cause, seen in the machine that failed',
  );

  await writeFile(file, template.trimEnd() + '\n\n' + step('/etc/issue', 'expect'));
  const fixed = await tapboot('run', '--accel', 'tcg', '--incremental', 'scenarios/greets.yaml');
  t.equal(fixed.exitCode, 0, fixed.stdout);
  t.match(fixed.stdout, /^ok 1 - Greets/m);
  t.comment(
    `all of it: ${((performance.now() - began) / 1000).toFixed(1)} s of the machine's time`,
  );
  await place.expectNothingLeft(t);
});
