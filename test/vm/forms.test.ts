// The ISO of the embedded image: the scenarios about the boot, by its boot loader; all scenarios on
// all of its paths are in the soak. And TAP consumers that have to agree with the exit code.
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import t from 'tap';
import { Place, type TapbootRun } from '../helpers/run-tapboot.js';
import { testImage } from '../helpers/vm-host.js';

t.setTimeout(60 * 60_000);

/** Scenarios about the boot; they share one. */
const BOOT = ['announces-address', 'configures-network', 'provisions-clean-disk'];

/** Says by which firmware the machine came up; about the boot, so that it shares theirs. */
const FIRMWARE = `version: 1
name: The firmware is the one that was asked for
subject: boot
machine: { memory: 512M, disks: { vda: 4G } }
variables: { firmware: none }
steps:
  - run: if [ -d /sys/firmware/efi ]; then echo uefi; else echo other; fi
    expect: { stdout: { equals: '\${firmware}' } }
`;

/** Seconds of one run, by what took them. */
const times = new Map<string, Record<string, string>>();

const seconds = (value: unknown): string =>
  typeof value === 'number' ? value.toFixed(1) : 'unknown';

function timesOf({ metadata }: TapbootRun): Record<string, string> {
  const timings = metadata?.timings ?? {};
  const { boot_to_login_seconds: login, boot_to_ssh_seconds: ssh } = timings as {
    boot_to_login_seconds?: number;
    boot_to_ssh_seconds?: number;
  };
  return {
    'boot to login': seconds(login),
    'boot to SSH': seconds(ssh),
    ...Object.fromEntries(
      (metadata?.scenarios ?? []).map((each) => [each.id ?? each.name, seconds(each.seconds)]),
    ),
    'in all': seconds((timings as { total_seconds?: number }).total_seconds),
  };
}

/** The scenarios that are meant, and how many steps each has. */
async function listed(place: Place, which: string[]): Promise<{ name: string; steps: number }[]> {
  const { stdout } = await place.run(['list', '--json', ...which]);
  const rows = JSON.parse(stdout) as { name: string; steps: number }[];
  return rows.map(({ name, steps }) => ({ name, steps }));
}

const form = 'debian:iso,boot=bios';
await t.test(form, async (t) => {
  const place = await Place.make(t);
  const file = join(place.directory, 'firmware.yaml');
  await writeFile(file, FIRMWARE);
  const which = [...BOOT, file];
  const args = ['run', '--image', form, '--accel', 'tcg', '--var', 'firmware=other'];
  const end = await place.run([...args, ...which]);
  t.equal(end.code, 0, end.told);
  t.same(end.tap.violations, [], 'TAP and nothing else on stdout');
  t.equal(end.tap.ok, true);
  // Not merely no failure: every step of every scenario was judged.
  const judged = end.tap.scenarios.map(({ title, steps }) => ({
    name: title,
    steps: steps.filter(({ ok, skip }) => ok && skip === undefined).length,
  }));
  t.same(judged, await listed(place, which));
  t.match(end.ledger, [{ outcome: 'passed' }]);
  times.set(form, timesOf(end));
  await place.expectNothingLeft(t);
});

t.test('an ISO of which nobody asks how it boots', async (t) => {
  const place = await Place.make(t, { states: 'none' });
  const { medium } = await testImage('debian:iso,boot=bios');
  if (medium.kind !== 'cd') throw new Error('an ISO boots from a CD');
  const file = join(place.directory, 'anything.yaml');
  await writeFile(file, 'version: 1\nname: Anything\nsteps: [run: cat /proc/cmdline]\n');
  const args = ['run', '--image', `file:${medium.iso}`, '--accel', 'tcg'];
  const end = await place.run([...args, file]);
  t.equal(end.code, 0, end.told);
  t.match(end.stdout, /^ +# boot: booted anything by direct boot \(/m);
  t.match(end.metadata?.vms, [{ boot_path: 'direct' }]);
  const again = await place.run([...args, file]);
  t.equal(again.code, 0, again.told);
  t.match(again.metadata?.vms, [{ boot_path: 'direct', origin: { kind: 'restored' } }]);
  await place.expectNothingLeft(t);
});

t.test('prove and tap-parser agree with the exit code', async (t) => {
  const place = await Place.make(t);
  const scenario = async (id: string, command: string): Promise<string> => {
    const file = join(place.directory, `${id}.yaml`);
    const step = (name: string, run: string): string => `  - name: ${name}\n    run: ${run}\n`;
    await writeFile(
      file,
      `version: 1\nname: ${id}\nmachine: { disks: { vda: 64M } }\nsteps:\n` +
        step('first', "'true'") +
        step('second', command),
    );
    return file;
  };
  const good = await scenario('good', "'true'");
  const bad = await scenario('bad', "'false'");
  const runs = [
    { name: 'a passing run', files: [good], code: 0 },
    { name: 'a failing run', files: [good, bad], code: 1 },
  ];
  for (const { name, files, code } of runs) {
    await t.test(name, async (t) => {
      const args = ['run', '--image', 'debian:fast', '--accel', 'tcg', ...files];
      const end14 = await place.run(args);
      t.equal(end14.code, code, end14.told);
      t.match(end14.stdout, /^TAP version 14\n/);
      t.equal(end14.tap.ok, code === 0, 'tap-parser');
      t.same(end14.tap.violations, []);

      const end13 = await place.run([...args, '--tap-version', '13']);
      t.equal(end13.code, code, end13.told);
      t.match(end13.stdout, /^TAP version 13\n/);
      t.equal(end13.tap.ok, code === 0, 'tap-parser');
      const file = join(place.directory, 'stream.tap');
      await writeFile(file, end13.stdout);
      // By a file: a pipe of Node's is a socket, which cannot be opened as /dev/stdin.
      const command = 'exec prove -e cat /dev/stdin <"$1"';
      const prove = await execa('sh', ['-c', command, 'sh', file], { reject: false, all: true });
      t.equal(prove.exitCode === 0, code === 0, prove.all);
      t.match(prove.stdout, `Files=1, Tests=${String(files.length)},`, 'it has read all of them');
      t.match(prove.all, code === 0 ? /^Result: PASS$/m : /Failed 1\/2 subtests/);
      const failed = end13.stdout.match(/^not ok /gm)?.length ?? 0;
      t.equal(failed, code === 0 ? 0 : 1, 'one point for the one scenario that fails');
    });
  }
  await place.expectNothingLeft(t);
});

t.teardown(() => {
  const rows = Object.keys([...times.values()][0] ?? {});
  t.comment(['seconds', ...times.keys()].join(' | '));
  for (const row of rows) {
    t.comment([row, ...[...times.values()].map((form) => form[row] ?? '')].join(' | '));
  }
});
