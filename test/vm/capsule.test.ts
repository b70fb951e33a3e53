// A failing scenario leaves a capsule; copied to another place with an empty cache it is the machine of
// the failure, or of any step before it; what does not match is named.
import { copyFile, mkdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { Place, projectRoot } from '../helpers/run-tapboot.js';
import { inSoak } from '../helpers/soak.js';

t.setTimeout(30 * 60_000);

/** Residue as an installer leaves it, in steps of which the fourth makes the volume. */
const RESIDUE = `version: 1
name: Residue is left
machine: { memory: 512M, disks: { vda: 4G, vdb: 1.5G, vdc: 1.5G }, plug: after-boot }
steps:
  - run: mdadm --create /dev/md127 --force --run --level=0 --metadata=1.2 --raid-devices=1 /dev/vdb
  - run: pvcreate /dev/md127
  - run: vgcreate vg_residue /dev/md127
  - run: lvcreate --name lv_residue --extents 100%FREE vg_residue
  - name: nothing of it is left
    run: ls /dev/vg_residue
    expect: { exit: nonzero }
`;

await t.test('a failing run leaves a capsule, which opens elsewhere', async (t) => {
  const place = await Place.make(t, { capsules: true });
  const file = join(t.testdir({ 'residue.yaml': RESIDUE }), 'residue.yaml');
  const image = 'debian:fast';
  const end = await place.run(['run', '--image', image, '--accel', 'tcg', file]);
  t.equal(end.code, 1, end.told);
  const kept = join(end.runDirectory ?? '', 'artifacts', 'residue', 'capsule.tar.zst');
  const facts = await stat(kept);
  t.equal(facts.mode & 0o777, 0o600, 'for its owner alone');
  t.match(end.stdout, `open: "tapboot open ${kept}"`, 'TAP names the command');
  t.match(end.stdout, `path: "${kept}"`, 'it is an artifact');
  const [step] = end.tap.scenarios.flatMap(({ steps }) => steps.filter(({ ok }) => !ok));
  t.ok(step, 'a step failed');
  await place.expectNothingLeft(t);

  const elsewhere = await Place.make(t, { capsules: true });
  await mkdir(join(elsewhere.directory, 'work'));
  const capsule = join(elsewhere.directory, 'work', 'c.tar.zst');
  await copyFile(kept, capsule);
  const open = async (args: string[], input?: string) =>
    await execa(join(projectRoot, 'bin/tapboot'), ['open', capsule, ...args], {
      reject: false,
      extendEnv: false,
      env: elsewhere.environment(),
      stdin: input === undefined ? 'ignore' : 'pipe',
      input,
      cwd: join(elsewhere.directory, 'work'),
    });

  await t.test('the residue is there at the failure', async (t) => {
    const opened = await open(['--', 'lsblk; mdadm --detail --scan']);
    t.equal(opened.exitCode, 0, opened.stderr);
    t.match(opened.stdout, 'vg_residue-lv_residue');
    t.match(opened.stdout, /^ARRAY \/dev\/md127 /m);
    const seconds = /ready after (\d+\.\d\d) s/.exec(opened.stderr)?.[1];
    t.ok(seconds, 'the time to the first prompt is told');
    t.comment(`ready after ${seconds ?? '?'} s; capsule of ${String(facts.size)} bytes`);
    await elsewhere.expectNothingLeft(t);
  });

  await t.test('not before it was made; the exit status is the command’s', async (t) => {
    const opened = await open(['--at', 'checkpoint', '--', 'mdadm --detail --scan; exit 7']);
    t.equal(opened.exitCode, 7, opened.stderr);
    t.equal(opened.stdout, '');
  });

  await t.test('before a step: the steps up to it are replayed; a script on stdin', async (t) => {
    const opened = await open(['--at', '4'], 'lvs --noheadings -o lv_name\ncat /proc/mdstat\n');
    t.equal(opened.exitCode, 0, opened.stderr);
    t.match(opened.stderr, /step 3 passed/);
    t.notMatch(opened.stderr, /step 4 /);
    t.match(opened.stdout, /^md127 : active/m);
    t.notMatch(opened.stdout, 'lv_residue', 'the volume comes later');
    await elsewhere.expectNothingLeft(t);
  });

  await t.test('another image is refused, and told', async (t) => {
    const opened = await open(['--image', 'debian:fast,agent=none', '--', 'true']);
    t.equal(opened.exitCode, 4);
    t.match(opened.stderr, 'TAPBOOT_E_CAPSULE_MISMATCH');
    t.match(opened.stderr, /image\.identity: the capsule has "\w+", this host "\w+"/);
    t.match(opened.stderr, `--image SPEC (it was ${image})`);
    t.match(opened.stderr, 'argv: the capsule has', 'the initrd with the agent differs');
  });

  await t.test('a step behind the failure, and half a file, are refused', async (t) => {
    const beyond = await open(['--at', '999', '--', 'true']);
    t.equal(beyond.exitCode, 2);
    t.match(beyond.stderr, 'TAPBOOT_E_CAPSULE_STEP');
    await truncate(capsule, Math.floor(facts.size / 2));
    const half = await open(['--', 'true']);
    t.equal(half.exitCode, 4);
    t.match(half.stderr, '[TAPBOOT_E_CAPSULE]');
    await elsewhere.expectNothingLeft(t);
  });
});

const SCENARIO = `version: 1
name: Fails late
machine: { memory: 512M, disks: { vda: 64M } }
steps:
  - run: touch /run/first
  - run: touch /run/second
  - run: test -e /run/third
  - run: rm /run/second
    always: true
`;

await inSoak(t, '--capture every-step keeps the start of the failing step', async (t) => {
  const place = await Place.make(t, { capsules: true });
  const file = join(t.testdir({ 'late.yaml': SCENARIO }), 'late.yaml');
  const end = await place.run(['run', '--accel', 'tcg', '--capture', 'every-step', file]);
  t.equal(end.code, 1, end.told);
  const capsule = join(end.runDirectory ?? '', 'artifacts', 'late', 'capsule.tar.zst');
  const opened = await execa(
    join(projectRoot, 'bin/tapboot'),
    ['open', capsule, '--at', '3', '--', 'ls /run/first /run/second'],
    { reject: false, extendEnv: false, env: place.environment(), stdin: 'ignore' },
  );
  t.equal(opened.exitCode, 0, opened.stderr);
  t.notMatch(opened.stderr, /step \d+ passed/, 'nothing is replayed');
  await place.expectNothingLeft(t);
});

await inSoak(t, '--capture none keeps nothing; a dead machine gives its disks', async (t) => {
  const place = await Place.make(t, { capsules: true });
  const dies = `version: 1\nname: Dies\nmachine: { disks: { vda: 64M } }\nsteps:\n  - run: echo c > /proc/sysrq-trigger; sleep 60\n`;
  const file = join(t.testdir({ 'dies.yaml': dies }), 'dies.yaml');
  const none = await place.run(['run', '--accel', 'tcg', '--capture', 'none', file]);
  t.equal(none.code, 3, none.told);
  t.notMatch(none.stdout, 'capsule.tar');
  const end = await place.run(['run', '--accel', 'tcg', file]);
  t.equal(end.code, 3, end.told);
  const capsule = join(end.runDirectory ?? '', 'artifacts', 'dies', 'capsule.tar.zst');
  const harness = await readFile(join(end.runDirectory ?? '', 'logs', 'harness.log'), 'utf8');
  t.match(harness, /capsule of dies: (?:the machine's memory is missing|the machine cannot prove)/);
  const env = { ...place.environment() };
  const open = async (...args: string[]) =>
    await execa(join(projectRoot, 'bin/tapboot'), ['open', capsule, ...args], {
      reject: false,
      extendEnv: false,
      env,
      stdin: 'ignore',
    });
  const dead = await open('--', 'uname');
  t.match(dead, { exitCode: 3, stderr: /the guest of this machine answers no more/ });
  t.match(dead.stderr, /cooperation \(.*panic.*only its console/, 'what had happened');
  t.match(dead.stderr, /^ +\| .*\[ +\d+\.\d+\]/m, 'what its console said last');
  const before = await open('--at', '1', '--', 'uname');
  t.equal(before.exitCode, 0, before.stderr);
  t.equal(before.stdout, 'Linux', 'the machine before the crash is there');
  await place.expectNothingLeft(t);
});
