// A machine held at its failure is joined from another process; `shell` gives a ready one.
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { Place, projectRoot } from '../helpers/run-tapboot.js';
import { inSoak } from '../helpers/soak.js';

t.setTimeout(30 * 60_000);

const SCENARIO = `version: 1
name: Fails
steps:
  - run: touch /run/here
  - run: test -e /run/there
  - name: cleaned up
    run: rm /run/here
    always: true
`;

void t.test('--debug without a terminal: attach from elsewhere', async (t) => {
  const place = await Place.make(t);
  const file = join(t.testdir({ 'fails.yaml': SCENARIO }), 'fails.yaml');
  const run = place.start(['run', '--accel', 'tcg', '--debug', '--debug-for', '30s', file]);
  await run.logged(/VM fails is held for debugging/);
  const attach = async (...args: string[]) =>
    await execa(join(projectRoot, 'bin/tapboot'), ['attach', ...args], {
      reject: false,
      extendEnv: false,
      env: place.environment(),
      stdin: 'ignore',
    });
  t.match(
    (await attach('--list')).stdout,
    /^fails {2}\S+-vm-run {2}since .* ssh on 127\.0\.0\.1:\d+/,
  );
  const held = await attach('--shell', '--', 'ls /run/here; exit 3');
  t.equal(held.stdout, '/run/here', 'the machine is as the failure left it');
  t.equal(held.exitCode, 3);
  t.equal((await attach('fails', '--shell', '--', 'true')).exitCode, 0, held.stderr);
  const console = await attach('fails');
  t.equal(console.exitCode, 0, 'the console ends with the machine');
  t.match(console.stderr, 'read-only');
  t.match(await attach('nobody'), { exitCode: 2, stderr: /TAPBOOT_E_ATTACH/ });
  const end = await run.end;
  t.equal(end.code, 1);
  t.match(end.stderr, /kept alive for 0\.5 minutes/);
  t.match(end.stderr, /ssh -i \S+ -p \d+ .* root@127\.0\.0\.1/);
  const steps = end.tap.scenarios.flatMap((scenario) => scenario.steps);
  t.same(
    steps.map(({ ok }) => ok),
    [true, false, true],
    'the always step came afterwards',
  );
  await place.expectNothingLeft(t);
});

void t.test('a ready machine, restored; plans are in it', async (t) => {
  const place = await Place.make(t);
  const shell = async (args: string[], input?: string) =>
    await execa(join(projectRoot, 'bin/tapboot'), ['shell', '--accel', 'tcg', ...args], {
      reject: false,
      extendEnv: false,
      env: place.environment(),
      cwd: projectRoot,
      stdin: input === undefined ? 'ignore' : 'pipe',
      input,
    });
  const disks = ['--disk', 'vda=4G', '--disk', 'vdb=1.5G', '--disk', 'vdc=1.5G'];
  const first = await shell([...disks, '--', 'lsblk -bno SIZE /dev/vdb; exit 5']);
  t.equal(first.exitCode, 5, first.stderr);
  t.equal(first.stdout, String(1.5 * 1024 ** 3));
  t.match(first.stderr, /tapboot: restored; booted at /);
  const script = 'sh /run/tapboot/plans/raid-lvm-residue.sh; id -un\n';
  const second = await shell(disks, script);
  t.equal(second.exitCode, 0, second.stderr);
  t.match(second.stderr, /tapboot: restored; booted at /);
  t.match(second.stdout, /raid_lvm_residue_seed/, 'the plan tells its functions');
  t.match(second.stdout, /^root$/m);
  const wrong = await shell(['--disk', 'vdc=1G', '--', 'true']);
  t.equal(wrong.exitCode, 2);
  await place.expectNothingLeft(t);
});

await inSoak(t, 'one command in another image: the ISO, by its boot loader', async (t) => {
  const place = await Place.make(t);
  const shell = async (...args: string[]) =>
    await execa(join(projectRoot, 'bin/tapboot'), ['shell', '--image', 'debian:iso', ...args], {
      reject: false,
      extendEnv: false,
      env: place.environment(),
      stdin: 'ignore',
    });
  // As docs/debugging.md has it.
  const said = await shell('--', 'uname', '-a');
  t.equal(said.exitCode, 0, said.stderr);
  t.match(said.stdout, /^Linux \S+ \d[^\n]* x86_64 GNU\/Linux$/, 'its output, and nothing else');
  t.match(said.stderr, /tapboot: booted/);
  const loaded = await shell(
    '--',
    'cat /proc/cmdline; test -e /run/tapboot/plans/raid-lvm-residue.sh',
  );
  t.equal(loaded.exitCode, 0, loaded.stderr);
  t.match(loaded.stdout, /^BOOT_IMAGE=/, 'isolinux has started this kernel, QEMU has not');
  t.match(loaded.stderr, /tapboot: restored/);
  await place.expectNothingLeft(t);
});
