// A machine with a device that QEMU cannot migrate: booted for each scenario, and that is told.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { execaSync } from 'execa';
import t from 'tap';
import { Place } from '../helpers/run-tapboot.js';

t.setTimeout(15 * 60_000);

const QEMU = 'qemu-system-x86_64';
/** QEMU marks its NVMe controller as one that cannot be migrated. */
const DEVICE = 'nvme,serial=unsavable,drive=unsavable';
const REASON = /State blocked by non-migratable device '[^']*nvme'/;

/** A directory with a QEMU that gives every machine that device. */
function peculiarQemu(place: Place): string {
  const directory = join(place.directory, 'bin');
  const real = execaSync('sh', ['-c', `command -v ${QEMU}`]).stdout;
  mkdirSync(directory);
  const file = join(directory, QEMU);
  writeFileSync(
    file,
    `#!/bin/sh
case " $* " in *" virtserialport,"*)
  set -- "$@" -blockdev driver=null-co,node-name=unsavable,size=1048576 -device ${DEVICE} ;;
esac
exec '${real}' "$@"
`,
  );
  chmodSync(file, 0o755);
  return directory;
}

function scenario(place: Place, name: string, text: string): string {
  const file = join(place.directory, `${name}.yaml`);
  const machine = 'machine: { memory: 512M, disks: { vda: 64M } }';
  writeFileSync(file, `version: 1\nname: The ${name}\n${text.replace('MACHINE', machine)}`);
  return file;
}

t.test('a machine that cannot be saved', async (t) => {
  const place = await Place.make(t, { states: 'none', capsules: true });
  const env = { PATH: `${peculiarQemu(place)}${delimiter}${process.env['PATH'] ?? ''}` };
  const tapboot = async (...args: string[]) =>
    await place.run(['run', '--image', 'debian:fast', '--accel', 'tcg', ...args], { env });
  const states = join(place.directory, 'states');
  const kept = (): string[] =>
    existsSync(states) ? readdirSync(states).filter((name) => /^[0-9a-f]{32}$/.test(name)) : [];

  await t.test('is booted for each scenario', async (t) => {
    const steps =
      'MACHINE\nsteps:\n  - run: test -b /dev/nvme0n1 && ! test -e /run/trace && touch /run/trace\n';
    const files = ['first', 'second'].map((name) => scenario(place, name, steps));
    const end = await tapboot('--capture', 'every-step', ...files);
    t.equal(end.code, 0, end.stdout);
    t.same(end.tap.violations, []);
    for (const { diagnosis } of end.tap.scenarios) t.match(diagnosis.machine, /^booted at /);
    t.match(end.ledger.at(-1)?.scenarios, [{ start: 'booted' }, { start: 'booted' }]);
    const told = (words: RegExp): number =>
      end.stdout.split('\n').filter((line) => words.test(line) && REASON.test(line)).length;
    t.equal(told(/^ *# .*machine \S+ cannot be saved .* each one like it boots anew/), 1, 'once');
    t.equal(told(/^ *# .*the starts of the steps on \S+ are not kept/), 2, 'for each scenario');
    const log = readFileSync(join(end.runDirectory ?? '', 'logs', 'harness.log'), 'utf8');
    t.match(log, REASON, 'the record has it');
    t.same(kept(), [], 'nothing is kept');
  });

  await t.test('and cannot stop where a scenario wants to save it', async (t) => {
    const first = scenario(
      place,
      'maker',
      'MACHINE\nsteps:\n  - name: here\n    run: ":"\n    checkpoint: here\n',
    );
    const second = scenario(place, 'user', 'from: maker#here\nsteps:\n  - run: ":"\n');
    const end = await tapboot(first, second);
    t.equal(end.code, 4);
    const [maker, user] = end.tap.scenarios;
    const saving = { class: 'infra', code: 'TAPBOOT_E_SAVE', got: REASON };
    t.match(maker?.steps[0], { ok: false, diagnosis: saving });
    // Whose fault it is does not change on the way.
    t.match(user?.diagnosis, {
      class: 'infra',
      code: 'TAPBOOT_E_CHECKPOINT_MISSING',
      got: 'it failed: this machine cannot be saved [TAPBOOT_E_SAVE]',
    });
    t.same(kept(), []);
  });
  await place.expectNothingLeft(t);
});
