import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { RunRecord } from '../../driver/record/run-record.js';
import type { RunShard } from '../../driver/events/events.js';
import { EventsFile } from '../../driver/record/events-file.js';
import { listDigest } from '../../driver/record/list-digest.js';
import { FAILURE, scenario, Script, steps } from '../unit/report/streams.js';

const root = join(import.meta.dirname, '../..');

const tapboot = async (
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<{ exitCode?: number; stdout: string; stderr: string }> =>
  execa(join(root, 'bin/tapboot'), args, { reject: false, cwd, env });

/** A run directory with record and events, as a run leaves it; no ledger is written. */
async function recordedRun(
  logRoot: string,
  at: Date,
  tell: (script: Script) => Promise<void>,
  shard?: RunShard,
): Promise<string> {
  mkdirSync(logRoot, { recursive: true });
  const record = await RunRecord.open({
    logRoot,
    ledgerPath: undefined,
    workingDirectory: logRoot,
    command: ['tapboot', 'run'],
    environment: {},
    timeouts: { spawnSeconds: 900, loginSeconds: 300 },
    sessionCeilingSeconds: 3600,
    now: at,
  });
  const { path, events } = record.directory;
  const file = new EventsFile(events);
  const script = new Script(record, {
    handle: (event) => {
      file.handle(event.type === 'run:start' ? { ...event, directory: path, shard } : event);
    },
    close: () => file.close(),
  });
  await tell(script);
  return path;
}

const [A, B] = [scenario('a'), scenario('b')];

const shards = async (t: Test, number?: (index: number) => RunShard): Promise<string> => {
  const directory = t.testdir({});
  const list = steps('one');
  await recordedRun(
    join(directory, 'shard-1/notes'),
    new Date('2030-01-01T00:00:00Z'),
    async (script) => {
      script.begin([A, 1]);
      script.start(A, list);
      script.step(A, list[0]!);
      script.end(A, 'passed');
      await script.finish();
    },
    number?.(1),
  );
  await recordedRun(
    join(directory, 'shard-2/notes'),
    new Date('2030-01-01T00:00:05Z'),
    async (script) => {
      script.begin([B, 1]);
      script.start(B, list);
      script.step(B, list[0]!, FAILURE);
      script.end(B, 'failed', FAILURE);
      await script.finish();
    },
    number?.(2),
  );
  return directory;
};

t.test('merge: one verdict in every format, one ledger, each line once', async (t) => {
  const directory = await shards(t);
  const merge = async () =>
    tapboot(
      ['merge', 'shard-1', 'shard-2', '--report', 'junit=junit.xml', '--ledger', 'all.jsonl'],
      directory,
    );
  const { exitCode, stdout, stderr } = await merge();
  t.equal(exitCode, 1, stderr);
  t.match(stdout, /^TAP version 14\n1\.\.2\n/);
  t.match(stdout, /^ok 1 - a$/m);
  t.match(stdout, /^not ok 2 - b$/m);
  t.match(readFileSync(join(directory, 'junit.xml'), 'utf8'), 'tests="2" failures="1"');
  await merge();
  const lines = readFileSync(join(directory, 'all.jsonl'), 'utf8').trimEnd().split('\n');
  t.match(
    lines.map((line) => JSON.parse(line) as object),
    [
      { outcome: 'passed', scenarios: [{ id: 'a' }] },
      { outcome: 'failed', scenarios: [{ id: 'b' }] },
    ],
  );
  t.equal(lines.length, 2, 'merged twice, each line is there once');
  const history = await tapboot(['history', 'all.jsonl', '--json'], directory);
  t.match(JSON.parse(history.stdout) as object, { runs: 2, scenarios: [{ id: 'a' }, { id: 'b' }] });
});

t.test('merge: shards are whole, or exit code 2', async (t) => {
  const digest = listDigest(['a', 'b']);
  const directory = await shards(t, (index) => ({ index, total: 2, digest }));
  const whole = await tapboot(['merge', 'shard-1', 'shard-2'], directory);
  t.equal(whole.exitCode, 1, 'the verdict of b');
  const half = await tapboot(['merge', 'shard-1', '--report', 'junit=junit.xml'], directory);
  t.equal(half.exitCode, 2);
  t.equal(half.stdout, '');
  t.match(
    half.stderr,
    /do not have all scenarios .*\[TAPBOOT_E_MERGE_SHARDS\]\n.*\n {2}got: {6}no shard 2\/2/,
  );
  t.notOk(existsSync(join(directory, 'junit.xml')), 'half a verdict is none');
});

t.test('merge refuses what is no run, and reports that cannot be', async (t) => {
  const directory = await shards(t);
  for (const [args, code] of [
    [['merge', 'nowhere'], 'TAPBOOT_E_MERGE_INPUT'],
    [['merge', 'shard-1', '--report', 'junti=x'], 'TAPBOOT_E_REPORT'],
    [['merge', 'shard-1', '--report', 'junit'], 'TAPBOOT_E_REPORT'],
    [['merge', 'shard-1', '--report', 'github'], 'TAPBOOT_E_REPORT'],
    [['merge', 'shard-1', '--report', 'tap=x', '--report', 'junit=./x'], 'TAPBOOT_E_REPORT'],
  ] as const) {
    const { exitCode, stderr } = await tapboot([...args], directory, { GITHUB_ACTIONS: '' });
    t.equal(exitCode, 2, args.join(' '));
    t.match(stderr, `[${code}]`);
  }
  const unwritable = await tapboot(
    ['merge', 'shard-1', '--report', 'junit=/dev/null/x.xml'],
    directory,
  );
  t.equal(unwritable.exitCode, 4);
  t.match(unwritable.stderr, '[TAPBOOT_E_REPORT_WRITE]');
  const full = await tapboot(['merge', 'shard-1', '--report', 'tap=/dev/full'], directory);
  t.equal(full.exitCode, 4, 'a report that fails on the way');
  t.match(full.stdout, /^Bail out!/m, 'and TAP does not pass');
});

t.test('a report to a device is written to it, not put in its place', async (t) => {
  const directory = await shards(t);
  const report = ['--report', 'junit=/dev/null'];
  const { exitCode } = await tapboot(['merge', 'shard-1', ...report], directory);
  t.equal(exitCode, 0);
  t.ok(statSync('/dev/null').isCharacterDevice());
});

t.test('a run that cannot begin is told in every report', async (t) => {
  const directory = t.testdir({
    'wrong.yaml': 'version: 1\nname: x\nsteps: []\n',
    'junit.xml': 'of an earlier run',
  });
  const { exitCode, stdout } = await tapboot(
    ['run', 'wrong.yaml', '--report', 'junit=junit.xml', '--report', 'hydra=h', '--no-install'],
    directory,
  );
  t.equal(exitCode, 2);
  t.match(stdout, /^Bail out!/m);
  t.match(readFileSync(join(directory, 'junit.xml'), 'utf8'), /errors="1".*<error /s);
  t.equal(readFileSync(join(directory, 'h/failed'), 'utf8'), '');
});

t.test('mistakes in known issues are found before anything starts', async (t) => {
  const directory = t.testdir({
    'fine.yaml': 'version: 1\nname: x\nsteps: [{ run: id }]\n',
    'known-issues.yaml': 'version: 1\nissues: [{ scenario: x }]\n',
  });
  const { exitCode, stderr } = await tapboot(['run', 'fine.yaml'], directory);
  t.equal(exitCode, 2);
  t.match(stderr, /known-issues\.yaml:2:\d+: /);
  const named = await tapboot(['run', 'fine.yaml', '--known-issues', 'none.yaml'], directory);
  t.match(named.stderr, '[TAPBOOT_E_KNOWN_ISSUES_FILE]');
});

t.test('history as table, page, and of no ledger', async (t) => {
  const directory = t.testdir({
    'l.jsonl':
      '{"outcome":"passed","timestamp":"2030-01-01T00:00:00Z","timings":{"total_seconds":61}}\n',
  });
  const table = await tapboot(['history', 'l.jsonl', '--html', 'h.html'], directory);
  t.match(table.stdout, /^1 run, .*: 1 passed$/m);
  t.match(table.stdout, /^total +1 +1 min 01 s/m);
  t.match(readFileSync(join(directory, 'h.html'), 'utf8'), '<!DOCTYPE html>');
  const none = await tapboot(['history'], directory);
  t.equal(none.exitCode, 0);
  t.match(none.stdout, /^no run in /);
  t.equal((await tapboot(['history', '--since', 'soon'], directory)).exitCode, 2);
});

t.test('new writes a scenario that check accepts, and never over another', async (t) => {
  const directory = t.testdir({});
  const made = await tapboot(['new', 'installs-grub'], directory);
  t.equal(made.exitCode, 0, made.stderr);
  const file = join(directory, 'scenarios/installs-grub.yaml');
  const text = readFileSync(file, 'utf8');
  const schema = /^# yaml-language-server: \$schema=(.*)$/m.exec(text)?.[1] ?? '';
  t.match(
    JSON.parse(readFileSync(join(directory, 'scenarios', schema), 'utf8')) as object,
    { $schema: /json-schema/ },
    'the modeline leads to the schema',
  );
  const checked = await tapboot(['check'], directory);
  t.equal(checked.exitCode, 0, checked.stderr);
  t.match(checked.stdout, 'scenarios/installs-grub.yaml');
  const again = await tapboot(['new', 'installs-grub'], directory);
  t.equal(again.exitCode, 2);
  t.match(again.stderr, '[TAPBOOT_E_NEW_EXISTS]');
  t.equal(readFileSync(file, 'utf8'), text);
  t.match((await tapboot(['new', 'a b'], directory)).stderr, '[TAPBOOT_E_NEW_NAME]');
  t.equal((await tapboot(['new', 'deep/er/x.yaml'], directory)).exitCode, 0);
});

t.test('explain lists the kinds, prints the page of each, and knows the nearest', async (t) => {
  const list = await tapboot(['explain'], root);
  const kinds = list.stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
  t.ok(kinds.length > 8);
  for (const kind of [kinds[0] ?? '', kinds.at(-1) ?? '']) {
    const { stdout } = await tapboot(['explain', kind], root);
    t.equal(stdout, readFileSync(join(root, `docs/steps/${kind}.md`), 'utf8').trimEnd());
  }
  const wrong = await tapboot(['explain', 'wiat'], root);
  t.equal(wrong.exitCode, 2);
  t.match(wrong.stderr, "did you mean 'wait'?");
});

t.test('the published schema of scenarios is current', async (t) => {
  const { stdout } = await tapboot(['schema', 'scenario'], root);
  t.equal(readFileSync(join(root, 'docs/schemas/scenario.schema.json'), 'utf8'), `${stdout}\n`);
});
