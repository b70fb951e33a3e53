import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const root = join(import.meta.dirname, '../..');

interface Outcome {
  exitCode?: number;
  stdout: string;
  stderr: string;
}

const tapboot = async (
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> =>
  execa(join(root, 'bin/tapboot'), args, { reject: false, cwd: root, ...options });

t.test('help of every command goes to stdout and has examples', async (t) => {
  const commands = [
    ...[['run'], ['list'], ['check'], ['plan'], ['doctor'], ['schema']],
    ...[['merge'], ['history'], ['stress'], ['new'], ['explain']],
    ...[
      ['image', 'build'],
      ['image', 'info'],
      ['notes', 'prune'],
    ],
  ];
  for (const command of [[], ...commands]) {
    const { exitCode, stdout, stderr } = await tapboot([...command, '--help']);
    t.equal(exitCode, 0, command.join(' '));
    t.match(stdout, /^Usage: tapboot/);
    t.match(stdout, /Examples:\n {2}\$ tapboot /);
    t.equal(stderr, '');
  }
});

t.test('the flags of run that others rely on are there', async (t) => {
  const { stdout } = await tapboot(['run', '--help']);
  for (const flag of [
    ...['--image', '--tag', '--not-tag', '--reporter', '--tap-version', '--accel', '--fresh'],
    ...[
      '--report',
      '--retries',
      '--known-issues',
      '--repeat',
      '--budget',
      '--resume',
      '--debug',
      '--log-root',
      '--var',
      '--no-install',
    ],
  ]) {
    t.match(stdout, new RegExp(`^ +${flag}\\b`, 'm'), flag);
  }
});

t.test('a mistyped command or flag suggests the nearest, on stderr, with status 2', async (t) => {
  for (const [args, wrong, near] of [
    [['runn'], "unknown command 'runn'", 'run'],
    [['run', '--imge', 'x'], "unknown option '--imge'", '--image'],
    [['run', '--tap-versoin', '13'], "unknown option '--tap-versoin'", '--tap-version'],
    [['list', '--tga', 'x'], "unknown option '--tga'", '--tag'],
    [['notes', 'prun'], "unknown command 'prun'", 'prune'],
  ] as const) {
    const { exitCode, stdout, stderr } = await tapboot([...args]);
    t.equal(exitCode, 2, args.join(' '));
    t.equal(stdout, '');
    t.match(stderr, `tapboot: ${wrong} [TAPBOOT_E_USAGE]`);
    t.match(stderr, `Did you mean ${near}?`);
  }
});

t.test('no command is a usage error with the help', async (t) => {
  const { exitCode, stdout, stderr } = await tapboot([]);
  t.equal(exitCode, 2);
  t.equal(stdout, '');
  t.match(stderr, /^Usage: tapboot/);
});

t.test('wrong values are refused before anything starts', async (t) => {
  const cwd = t.testdir({});
  for (const [args, env, message] of [
    [['run', '--accel', 'kmv'], {}, /--accel has a value that cannot be used/],
    [['run', '--tap-version', '12'], {}, /--tap-version/],
    [['run', '--repeat', '0'], {}, /--repeat/],
    [['run', '--grep', '/(/'], {}, /--grep has a value .*unterminated group/s],
    [['run', '--resume', '--grep', 'x'], {}, /--resume runs the queue.*got: {6}--grep/s],
    [['stress', 'x', '--runs', '2', '--minutes', '1'], {}, /'--runs <count>' .*'--minutes <time>'/],
    [['run', '--var', 'novalue'], {}, /name=value/],
    [['run'], { BOOT_IMAGE_VM_SPAWN_TIMEOUT: 'soon' }, /BOOT_IMAGE_VM_SPAWN_TIMEOUT/],
    [['run', 'no-such-scenario'], {}, /there is no scenario 'no-such-scenario'/],
    [['schema', 'plna'], {}, /plna/],
  ] as const) {
    const { exitCode, stderr } = await tapboot([...args], { cwd, env });
    t.equal(exitCode, 2, args.join(' '));
    t.match(stderr, message);
  }
});

t.test('version', async (t) => {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  t.same(await tapboot(['--version']).then(({ stdout }) => stdout), manifest.version);
});

t.test('list shows what a run would choose', async (t) => {
  const all = await tapboot(['list']);
  t.equal(all.exitCode, 0);
  t.match(all.stdout, /^removes-raid-lvm-residue +vm,slow,residue +\d+ steps +RAID\/LVM residue/m);
  const rows = JSON.parse((await tapboot(['list', '--tag', 'residue', '--json'])).stdout) as {
    id: string;
    tags: string[];
  }[];
  t.ok(rows.length > 0 && rows.every(({ tags }) => tags.includes('residue')));
  const elsewhere = await tapboot(['list'], { cwd: t.testdir({}) });
  t.match(elsewhere.stdout, /removes-raid-lvm-residue/, 'tapboot’s own, from anywhere');
  const ids = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await tapboot(['list', '--json', ...args], { cwd });
    return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
  };
  const cwd = t.testdir({
    scenarios: {
      'a.yaml': 'name: The array\ntags: [slow, raid]\nsteps: [{ checkpoint: here }]\n',
      'b.yaml': 'name: The rest\nfrom: a#here\nsteps: [{ run: id }]\n',
      'c.yaml': 'name: Alone\ntags: [slow]\nsteps: [{ run: id }]\n',
    },
    notes: {
      'vm-run-ledger.jsonl': `${JSON.stringify({
        scenarios: [{ id: 'c', name: 'Alone', file: 'scenarios/c.yaml', outcome: 'failed' }],
      })}\n`,
    },
  });
  t.same(await ids('--grep', '/^the rest/i'), ['a', 'b'], 'with the one it starts from');
  t.same(await ids('--last-failed', '--tag', 'slow and not raid', '--shard', '1/2'), ['c']);
  const none = await tapboot(['list', '--shard', '3/3', '--grep', 'c'], { cwd });
  t.match(none, {
    exitCode: 0,
    stdout: '',
    stderr: 'tapboot: none of 1 scenarios is in this shard',
  });
  const unknown = await tapboot(['list', '--tag', 'residu']);
  t.equal(unknown.exitCode, 2);
  t.match(unknown.stderr, /TAPBOOT_E_TAG_UNKNOWN/);
});

t.test('check finds every mistake, with its place', async (t) => {
  const good = await tapboot(['check']);
  t.equal(good.exitCode, 0, good.stderr);
  t.match(good.stdout, /scenarios?, 1 plan, no problem$/);
  const directory = t.testdir({});
  const text = 'name: Two mistakes\nstpes: []\nsteps:\n  - rnu: "true"\n';
  await writeFile(join(directory, 'bad.yaml'), text);
  const bad = await tapboot(['check', 'bad.yaml'], { cwd: directory });
  t.equal(bad.exitCode, 2);
  t.match(bad.stderr, /^bad\.yaml:2:1: /m);
  t.match(bad.stderr, /^bad\.yaml:4:5: /m);
  t.match(bad.stderr, /did you mean 'run'/);
  t.match(bad.stdout, /0 scenarios, 0 plans, \d problems/);
});

t.test('plan prints a section as a script that a shell accepts', async (t) => {
  const text = await tapboot(['plan', 'raid-lvm-residue/seed']);
  t.match(text.stdout, /mdadm --create \/dev\/md127/);
  for (const name of ['raid-lvm-residue/seed', 'raid-lvm-residue']) {
    const { stdout, exitCode } = await tapboot(['plan', name, '--shell']);
    t.equal(exitCode, 0);
    t.equal((await execa('sh', ['-n'], { input: stdout, reject: false })).exitCode, 0, name);
  }
  for (const [name, code] of [
    ['raid-lvm-residu', 'TAPBOOT_E_PLAN_UNKNOWN'],
    ['raid-lvm-residue/sed', 'TAPBOOT_E_PLAN_SECTION'],
  ] as const) {
    const { exitCode, stderr } = await tapboot(['plan', name]);
    t.equal(exitCode, 2);
    t.match(stderr, code);
  }
});

t.test('a plan can be named by its file', async (t) => {
  const file = 'scenarios/plans/raid-lvm-residue.yaml';
  const byName = await tapboot(['plan', 'raid-lvm-residue/seed', '--shell']);
  const byFile = await tapboot(['plan', `${file}/seed`, '--shell']);
  t.equal(byFile.stdout, byName.stdout);
});

t.test('every schema is JSON Schema 2020-12', async (t) => {
  const seen = new Set<string>();
  for (const kind of ['scenario', 'plan', 'metadata', 'ledger']) {
    const { stdout, exitCode } = await tapboot(['schema', kind]);
    t.equal(exitCode, 0, kind);
    t.match(JSON.parse(stdout), { $schema: 'https://json-schema.org/draft/2020-12/schema' });
    seen.add(stdout);
  }
  t.equal(seen.size, 4, 'each its own');
});

t.test('doctor: its exit code is what it says', async (t) => {
  const { stdout, exitCode } = await tapboot(['doctor', '--json']);
  const checks = JSON.parse(stdout) as { name: string; state: string; fix?: string }[];
  const failed = checks.filter(({ state }) => state === 'failed');
  t.equal(exitCode, failed.length === 0 ? 0 : 4);
  t.ok(checks.some(({ name }) => name === 'accelerator'));
  const broken = await tapboot(['doctor'], { env: { XDG_CACHE_HOME: '/dev/null' } });
  t.equal(broken.exitCode, 4);
  t.match(broken.stdout, /FAIL cache .*\n +→ /);
});

t.test('notes prune keeps what is within the limits', async (t) => {
  const directory = t.testdir({});
  for (const day of ['01', '02', '03']) {
    const logs = join(directory, `2026-01-${day}T000000Z-vm-run`, 'logs');
    await mkdir(logs, { recursive: true });
    await writeFile(join(logs, 'harness.log'), 'x');
  }
  const args = ['notes', 'prune', '--log-root', directory, '--keep', '1'];
  const dry = await tapboot([...args, '--dry-run']);
  t.match(dry.stdout, /2 of 3 run directories would be removed/);
  const real = await tapboot(args);
  t.equal(real.exitCode, 0);
  t.match(real.stdout, /2 of 3 run directories removed/);
  const again = await tapboot(args);
  t.match(again.stdout, /kept +.*2026-01-03T000000Z-vm-run/);
  t.match(again.stdout, /0 of 1 run directories removed/);
});

t.test('a reader that leaves early is no failure; a full disk is', async (t) => {
  const script = '"$0" schema | head -c 10; exit "${PIPESTATUS[0]}"';
  const early = await execa('bash', ['-c', script, join(root, 'bin/tapboot')], { reject: false });
  t.equal(early.exitCode, 0);
  t.equal(early.stderr, '');
  const full = await execa('bash', ['-c', '"$0" list >/dev/full', join(root, 'bin/tapboot')], {
    reject: false,
  });
  t.equal(full.exitCode, 4);
  t.match(full.stderr, /stdout cannot be written to: .*ENOSPC/);
});
