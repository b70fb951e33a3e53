// A host that is not as it should be, and calls that are wrong: the message, word for word, the
// exit code, and what was (not) started.
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import { Place, projectRoot, runDirectories, type TapbootRun } from '../helpers/run-tapboot.js';
import { provideOnce } from '../helpers/image-info.js';

t.setTimeout(20 * 60_000);

const RUN = ['run', '--image', 'debian:fast', 'provisions-clean-disk'];
/** Something that opens and is no KVM, where there is a device at all. */
const NO_KVM = '[ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm && exec "$@"';
const TCG = [...RUN, '--accel', 'tcg'];

/** The same for a scenario file of one's own. */
const ONE = ['run', '--image', 'debian:fast', '--accel', 'tcg'];

/** A scenario with one command, on a machine that tests share. */
function tiny(place: Place, command: string): string {
  const file = join(place.directory, 'tiny.yaml');
  writeFileSync(
    file,
    `version: 1
name: tiny
machine: { memory: 512M, disks: { vda: 64M } }
steps:
  - run: 'true'
  - run: ${command}
    timeout: 500s
`,
  );
  return file;
}

/** File systems are mounted for these. */
const ROOT = { skip: process.getuid?.() === 0 ? false : 'only root can mount' } as const;

/** A text without what differs from run to run and from host to host. */
function normal(place: Place, text: string): string {
  return text
    .replaceAll(place.directory, 'PLACE')
    .replaceAll(projectRoot, 'PROJECT')
    .replaceAll(/\d{4}-\d\d-\d\dT\d{6}Z-vm-run(-\d+)?/g, 'RUN')
    .replaceAll(/tapboot-vm-\w{6}/g, 'WORKSPACE')
    .replaceAll(/\/vm-\w{6}\//g, '/MACHINE/')
    .replaceAll(/^set-up: .*\n/gm, '');
}

/** What the one scenario's point says of its failure. */
function verdict(place: Place, { tap }: TapbootRun): Record<string, string | undefined> {
  const [scenario] = tap.scenarios;
  // Where a step has told it in full, the scenario's own point is short.
  const told = { ...scenario?.steps.find(({ ok }) => !ok)?.diagnosis, ...scenario?.diagnosis };
  const { class: name, code, message, expected, got, hint } = told;
  const texts = { class: name, code, message, expected, got, hint };
  return Object.fromEntries(
    Object.entries(texts)
      .filter(([, text]) => text !== undefined)
      .map(([key, text]) => [key, normal(place, String(text))]),
  );
}

async function nothingStarted(t: Test, place: Place, end: TapbootRun): Promise<void> {
  t.equal(end.runDirectory, undefined, 'no run directory');
  t.same(end.ledger, [], 'no line in the ledger');
  await place.expectNothingLeft(t);
}

t.test('wrong calls end with 2 before anything starts', async (t) => {
  const place = await Place.make(t, { states: 'none' });
  const garbled = join(place.directory, 'garbled.yaml');
  writeFileSync(garbled, 'name: Garbled\nsteps:\n  - run: [true\n');
  const calls: [string, string[], Record<string, string>, string][] = [
    [
      'a timeout that is no number',
      TCG,
      { BOOT_IMAGE_VM_SPAWN_TIMEOUT: 'soon' },
      `tapboot: BOOT_IMAGE_VM_SPAWN_TIMEOUT has a value that cannot be used [TAPBOOT_E_CONFIG_VALUE]
  expected: a positive integer (seconds), at most 7 days
  got:      "soon"
  next:     Set BOOT_IMAGE_VM_SPAWN_TIMEOUT to a whole number of 1 to 604800, or leave it out for the default.
`,
    ],
    [
      'a timeout of 0',
      TCG,
      { BOOT_IMAGE_VM_LOGIN_TIMEOUT: '0' },
      `tapboot: BOOT_IMAGE_VM_LOGIN_TIMEOUT has a value that cannot be used [TAPBOOT_E_CONFIG_VALUE]
  expected: a positive integer (seconds), at most 7 days
  got:      "0"
  next:     Set BOOT_IMAGE_VM_LOGIN_TIMEOUT to a whole number of 1 to 604800, or leave it out for the default.
`,
    ],
    [
      'a YAML that is none',
      ['run', garbled],
      {},
      `tapboot: PLACE/garbled.yaml:4:1: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ] [TAPBOOT_E_YAML_SYNTAX]
  3 |   - run: [true
> 4 |
    | ^
`,
    ],
    [
      'an unknown scenario',
      ['run', 'provisions-clean-dsk'],
      {},
      `tapboot: there is no scenario 'provisions-clean-dsk' [TAPBOOT_E_SCENARIO_UNKNOWN]
  expected: the id, file or name of a scenario
  got:      provisions-clean-dsk
  next:     did you mean 'provisions-clean-disk'?
`,
    ],
    [
      'an unknown flag',
      ['run', '--acel', 'tcg'],
      {},
      `tapboot: unknown option '--acel' [TAPBOOT_E_USAGE]
  next:     Did you mean --accel?
`,
    ],
    [
      'an unknown image',
      ['run', '--image', 'debain:fast'],
      {},
      `tapboot: there is no image provider “debain” [TAPBOOT_E_IMAGE_PROVIDER]
  expected: debian, file, nix, or the path of an image that exists
  got:      debain:fast
  next:     Did you mean “debian”?
`,
    ],
  ];
  for (const [name, args, env, message] of calls) {
    await t.test(name, async (t) => {
      const end = await place.run(args, { env });
      t.equal(end.code, 2);
      t.equal(normal(place, end.stderr), message);
      t.ok(end.stdout === '' || end.tap.bailout !== undefined, 'nothing on stdout, or a bail-out');
      await nothingStarted(t, place, end);
    });
  }
});

const unwritable = (
  path: string,
  got: string,
) => `tapboot: ${path} cannot be written [TAPBOOT_E_RECORD_WRITE]
  expected: a writable directory with free space
  got:      ${got}
  next:     Free space or fix the rights, or choose another place: --log-root DIR, BOOT_IMAGE_VM_LEDGER_PATH.
`;

t.test('no place for the record', ROOT, async (t) => {
  const place = await Place.make(t, { states: 'none' });
  const file = join(place.directory, 'file');
  writeFileSync(file, '');
  const below = await place.run(TCG, { logRoot: join(file, 'notes') });
  t.equal(below.code, 4);
  t.equal(
    normal(place, below.stderr),
    unwritable('PLACE/file/notes', "ENOTDIR: not a directory, mkdir 'PLACE/file/notes'"),
  );
  t.equal(below.tap.bailout, `${join(file, 'notes')} cannot be written`);
  await nothingStarted(t, place, below);

  await t.test('a file system that is read-only', async (t) => {
    const root = await mounted(t, place, 'read-only', 'size=64k');
    await execa('mount', ['-o', 'remount,ro', root]);
    const end = await place.run(TCG, { logRoot: root });
    t.equal(end.code, 4);
    t.equal(
      normal(place, end.stderr),
      unwritable('PLACE/read-only', "EROFS: read-only file system, mkdir 'PLACE/read-only/RUN'"),
    );
    await nothingStarted(t, place, end);
  });

  await t.test('a file system that is full', async (t) => {
    const root = await mounted(t, place, 'full', 'size=64k');
    fill(root);
    const end = await place.run(TCG, { logRoot: root });
    t.equal(end.code, 4);
    t.equal(
      normal(place, end.stderr),
      unwritable('PLACE/full/RUN/run.json', 'ENOSPC: no space left on device, write'),
    );
    t.same(end.ledger, []);
    await place.expectNothingLeft(t);
  });
});

t.test('a host tool is missing', async (t) => {
  const place = await Place.make(t, { states: 'none' });
  await provideOnce('debian:fast');

  await t.test('qemu-system-x86_64', async (t) => {
    const end = await place.run(TCG, { env: { PATH: pathWithout(place, 'qemu-system-x86_64') } });
    t.equal(end.code, 4);
    t.equal(
      normal(place, end.stderr),
      `tapboot: qemu-system-x86_64 cannot be run [TAPBOOT_E_QEMU_MISSING]
  expected: QEMU for x86_64 (Debian package qemu-system-x86)
  got:      qemu-system-x86_64: not found
  next:     Run \`tapboot doctor\`; it names what is missing and the command that installs it.
tapboot: run directory PLACE/notes/RUN, exit code 4
`,
    );
    t.match(end.tap, { ok: false, bailout: 'qemu-system-x86_64 cannot be run', scenarios: [] });
    t.match(end.ledger, [{ outcome: 'error', scenarios: [{ outcome: 'interrupted' }] }]);
    await place.expectNothingLeft(t);
  });

  for (const [tool, told] of [
    [
      'qemu-img',
      {
        class: 'infra',
        code: 'TAPBOOT_E_QEMU_IMG',
        message: 'qemu-img failed while creating PLACE/t/WORKSPACE/MACHINE/vda.qcow2',
        expected: 'qemu-img (Debian package qemu-utils), and space for what it writes',
        got: 'qemu-img: not found',
        hint: 'Check free disk space (`df`), and `tapboot doctor` for the tool itself.',
      },
    ],
    [
      'setpriv',
      {
        class: 'infra',
        code: 'TAPBOOT_E_QEMU_SPAWN',
        message: 'cannot start qemu-system-x86_64',
        expected: 'setpriv (Debian package util-linux) and QEMU, both executable',
        got: 'spawn setpriv ENOENT',
        hint: 'Run `tapboot doctor`.',
      },
    ],
  ] as const) {
    await t.test(tool, async (t) => {
      const end = await place.run(TCG, { env: { PATH: pathWithout(place, tool) } });
      t.equal(end.code, 4);
      t.same(verdict(place, end), told);
      t.match(end.ledger.at(-1), { outcome: 'error', scenarios: [{ class: 'infra' }] });
      await place.expectNothingLeft(t);
    });
  }
});

t.test('a CPU that QEMU does not have', async (t) => {
  const place = await Place.make(t, { states: 'none' });
  const file = tiny(place, 'true');
  for (const [cpu, got] of [
    ['nosuch', "unable to find CPU model 'nosuch'"],
    ['max,+nosuch', /nosuch' not found/],
  ] as const) {
    writeFileSync(file, `name: x\nmachine: { cpu: '${cpu}' }\nsteps: [{ run: 'true' }]\n`);
    const end = await place.run([...ONE, file]);
    t.equal(end.code, 2, end.told);
    t.match(verdict(place, end), { class: 'scenario', code: 'TAPBOOT_E_CPU_MODEL', got });
  }
  await place.expectNothingLeft(t);
});

t.test('KVM is demanded and cannot be used', ROOT, async (t) => {
  const place = await Place.make(t, { states: 'none' });
  await provideOnce('debian:fast');
  // Verdicts are remembered beside the images: a cache of its own, with the user's images in it.
  const cache = join(place.directory, 'cache', 'tapboot');
  mkdirSync(cache, { recursive: true });
  const images = join(userCacheDirectory({ HOME: homedir(), ...process.env }), 'images');
  symlinkSync(images, join(cache, 'images'));
  const env = { XDG_CACHE_HOME: join(place.directory, 'cache') };
  // In a mount namespace of its own, so that the host's device, working or not, is out of reach.
  const end = await place.run([...RUN, '--accel', 'kvm'], {
    env,
    wrap: ['unshare', '--mount', 'sh', '-c', NO_KVM, 'sh'],
  });
  t.equal(end.code, 4);
  t.match(
    normal(place, end.stderr),
    new RegExp(
      [
        '^tapboot: KVM was demanded and cannot be used \\[TAPBOOT_E_KVM_UNUSABLE\\]',
        '  expected: a Linux kernel in user space within 20 s under KVM',
        '  got:      KVM refused: (?:QEMU ended \\(status 1\\) before user space ran: .*kvm.*|/dev/kvm does not exist)',
        '  next:     Use `--accel auto` \\(falls back to TCG, and reports it\\) or `--accel tcg`\\.',
        'tapboot: run directory PLACE/notes/RUN, exit code 4\n$',
      ].join('\n'),
    ),
  );
  t.equal(end.tap.bailout, 'KVM was demanded and cannot be used');
  t.match(end.ledger, [{ outcome: 'error' }]);
  await place.expectNothingLeft(t);
});

t.test('the host’s disk fills up', ROOT, async (t) => {
  const image = await provideOnce('debian:fast');
  t.comment(image.identity);

  await t.test('no room for the machine’s files', async (t) => {
    const place = await Place.make(t, { states: 'none' });
    const temporary = await mounted(t, place, 'tmp', 'size=48k');
    const end = await place.run(TCG, { env: { TMPDIR: temporary } });
    t.equal(end.code, 4);
    // Disks and credentials are written at once: which of them finds no room is open.
    t.match(verdict(place, end), {
      class: 'infra',
      code: 'TAPBOOT_E_HOST_FULL',
      message: /^(?:the host has no space left|qemu-img failed while creating)/,
      got: /no space left on device/i,
    });
    t.same(readdirSync(temporary), [], 'what had been made is gone');
  });

  await t.test('no room for what the guest writes', async (t) => {
    const place = await Place.make(t);
    const temporary = await mounted(t, place, 'tmp', 'size=1m');
    const writes = tiny(place, 'dd if=/dev/urandom of=/dev/vda bs=1M count=8 conv=fsync');
    const end = await place.run([...ONE, writes], { env: { TMPDIR: temporary } });
    t.equal(end.code, 4);
    t.same(verdict(place, end), {
      class: 'infra',
      code: 'TAPBOOT_E_HOST_FULL',
      message: "the host has no space left for the machine's disk vda",
      expected: 'a host that serves the disks of its machines',
      got: 'write: No space left on device',
      hint: 'Free space (`df`), or put machines elsewhere: TMPDIR.',
    });
    t.match(end.ledger, [{ outcome: 'error', scenarios: [{ class: 'infra' }] }]);
    t.same(readdirSync(temporary), [], 'what had been made is gone');
  });

  await t.test('no room for what QEMU tells in the middle of a step', async (t) => {
    const place = await Place.make(t);
    const root = await mounted(t, place, 'notes-disk', 'size=4m');
    // QEMU reports every change of the guest's hardware clock.
    const sets = tiny(place, 'while :; do hwclock --systohc; sleep 1; done');
    const going = place.start([...ONE, sets], { logRoot: root });
    await going.logged(/qmp event RTC_CHANGE/);
    fill(root);
    const [run = ''] = runDirectories(root);
    const log = join(run, 'logs', 'harness.log');
    // Nor in the block that the log has already; the next thing to be logged is such an event.
    appendFileSync(log, '\n'.repeat(4096 - (statSync(log).size % 4096)));
    const end = await going.end;
    t.equal(end.code, 4, end.told);
    t.same(end.tap.violations, []);
    t.equal(
      normal(place, end.tap.bailout ?? ''),
      'PLACE/notes-disk/RUN/logs/harness.log cannot be written',
    );
    t.match(end.tap.scenarios, [{ ok: false, diagnosis: { code: 'TAPBOOT_E_RECORD_WRITE' } }]);
    t.match(end.ledger, [{ outcome: 'error', scenarios: [{ outcome: 'interrupted' }] }]);
    await place.expectNothingLeft(t);
  });

  await t.test('no room for the record of a run that has begun', async (t) => {
    const place = await Place.make(t);
    const root = await mounted(t, place, 'notes-disk', 'size=40k');
    const end = await place.run([...ONE, tiny(place, 'seq 20000')], { logRoot: root });
    t.equal(end.code, 4);
    t.equal(end.tap.ok, false, 'TAP agrees');
    // Which of its files is the first to find no room depends on how long each is by then.
    const [, ...lines] = unwritable('', 'ENOSPC: no space left on device, write').split('\n');
    const [first, ...said] = normal(place, end.stderr).split('\n');
    t.match(
      first,
      /^tapboot: PLACE\/notes-disk\/RUN\/logs\/\S+ cannot be written \[TAPBOOT_E_RECORD_WRITE\]$/,
    );
    t.same(said.slice(0, 3), lines.slice(0, 3));
    await place.expectNothingLeft(t);
  });
});

/** A directory with every program of the PATH but one. */
function pathWithout(place: Place, tool: string): string {
  const directory = join(place.directory, `without-${tool}`);
  mkdirSync(directory);
  const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(delimiter);
  const seen = new Set([tool]);
  for (const folder of folders.filter((each) => each !== '')) {
    for (const name of names(folder)) {
      if (seen.has(name)) continue;
      seen.add(name);
      symlinkSync(join(folder, name), join(directory, name));
    }
  }
  return directory;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A small tmpfs, unmounted at teardown. */
async function mounted(t: Test, place: Place, name: string, options: string): Promise<string> {
  const directory = join(place.directory, name);
  mkdirSync(directory);
  await execa('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]);
  t.teardown(() => execa('umount', ['--lazy', directory]));
  return directory;
}

/** Leaves no free block in a file system; directories can still be made. */
function fill(directory: string): void {
  try {
    writeFileSync(join(directory, 'full'), Buffer.alloc(16 * 1024 * 1024));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
