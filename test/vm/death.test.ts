// What kills a guest, QEMU or the driver, at boot and in the middle of a scenario: verdict,
// exit code, TAP, record, and nothing left behind.
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  Place,
  readMetadata,
  runDirectories,
  runState,
  type TapbootProcess,
  type TapbootRun,
} from '../helpers/run-tapboot.js';
import { kernelOf } from '../helpers/image-info.js';
import { untilGone } from '../helpers/processes.js';
import { inSoak, soaking } from '../helpers/soak.js';

t.setTimeout(20 * 60_000);

/** A scenario of three steps: it lives, something happens, it would go on. */
async function scenario(place: Place, id: string, happens: string): Promise<string> {
  const directory = join(place.directory, 'scenarios');
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${id}.yaml`);
  await writeFile(
    file,
    `version: 1
name: ${id}
machine: { memory: 512M, disks: { vda: 64M } }
steps:
  - name: it lives
    run: 'true'
  - name: it happens
    run: ${JSON.stringify(happens)}
    timeout: 300s
  - name: it goes on
    run: 'true'
`,
  );
  return file;
}

/**
 * Makes a module whose loading is an oops, and no panic: any module of the guest's, with another
 * place to begin at (the addend of the first relocation of its `struct module`, which is
 * `init`), and without its signature, which would no longer fit (the last byte is missing).
 */
const MAKE_OOPS = `perl -0777 -e '
  $k = <>; chop $k;
  ($at) = unpack("x40 Q<", $k); ($n, $names) = unpack("x60 S< S<", $k);
  @s = map { [unpack("L< x20 Q< Q<", substr($k, $at + 64 * $_, 64))] } 0 .. $n - 1;
  $text = substr($k, $s[$names][1], $s[$names][2]);
  for (@s) {
    next if unpack("Z*", substr($text, $_->[0])) ne ".rela.gnu.linkonce.this_module";
    substr($k, $_->[1] + 16, 8) = pack("Q<", 0x10000000);
  }
  print $k;
' $(find /lib/modules -name dummy.ko) >/run/oops.ko`;

/** Nobody has to wait for it, and its end is no failure of a step. */
const OOPS = 'insmod /run/oops.ko >/dev/null 2>&1';

/** A real-time task that never yields, and no throttling: nothing else runs any more. */
const BUSY =
  "echo -1 >/proc/sys/kernel/sched_rt_runtime_us; chrt --fifo 99 sh -c 'while :; do :; done'";

/** Who answers for the guest is stopped: costs the host nothing while the watchdog waits. */
const STOPPED =
  'p=$$; while read -r _ _ _ q _ </proc/$p/stat && [ "$q" -gt 1 ]; do p=$q; done; kill -STOP $p; sleep 250';

/** What a guest says on its console that its kernel has not said, and could not have yet. */
const FROM_THE_FUTURE =
  "printf '\\r\\n[123456.700000] a line of somebody\\r\\n' >/dev/ttyS0; sleep 0.2";

/** A `run` step as YAML, without its name. */
const runs = (command: string): string => `run: ${JSON.stringify(command)}`;

/** Deaths in or behind the last step, by scenario: what its first step does, and its last one. */
const LAST_WORDS = {
  'oops-in-the-last-step': [runs(MAKE_OOPS), runs(`${OOPS}; true`)],
  'oops-behind-a-line-from-the-future': [
    runs(`${MAKE_OOPS}; ${FROM_THE_FUTURE}`),
    runs(`${OOPS}; true`),
  ],
  // The evidence takes the guest longer than the trouble that begins with it.
  'oops-behind-the-last-step': [
    runs(`${MAKE_OOPS}; head -c 3000000 /dev/zero | tr '\\0' x >/tmp/pre-nixos.log`),
    runs(`setsid ${OOPS} &`),
  ],
  'oops-by-the-evidence': [
    runs(MAKE_OOPS),
    runs(`cp /bin/dmesg /run/dmesg
      printf '#!/bin/sh\\n${OOPS}\\nexec /run/dmesg "$@"\\n' >/run/oops-dmesg
      chmod +x /run/oops-dmesg
      mount --bind /run/oops-dmesg "$(readlink -f /bin/dmesg)"`),
  ],
  'oops-on-the-way-down': [
    runs(`${MAKE_OOPS}; systemd-run -p ExecStop='/bin/sh -c "${OOPS}; true"' /bin/sleep infinity`),
    'power: off',
  ],
  // The snapshot would be that of a machine whose last words are an oops.
  'oops-before-a-save': [runs(MAKE_OOPS), `${runs(`${OOPS}; true`)}\n    checkpoint: lost`],
} as const;

/** A scenario of two steps, of which the last one passes. */
async function lastWords(place: Place, id: keyof typeof LAST_WORDS): Promise<string> {
  const directory = join(place.directory, 'scenarios');
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${id}.yaml`);
  const [before, last] = LAST_WORDS[id];
  await writeFile(
    file,
    `version: 1
name: ${id}
machine: { memory: 512M, disks: { vda: 64M } }
timeout: 300s
steps:
  - name: it gets ready
    ${before}
  - name: the last step
    ${last}
`,
  );
  return file;
}

/** The last step tells the oops; so do the scenario, the ledger and the record. */
function oopsTold(t: Test, end: TapbootRun, id: string, ledgerLine = 0): void {
  const code = 'TAPBOOT_E_GUEST_OOPS';
  const told = end.tap.scenarios.find(({ title }) => title === id);
  t.match(told, { ok: false, diagnosis: { outcome: 'failed', class: 'guest-dead', code } });
  t.match(told?.steps, [
    { ok: true, skip: undefined },
    { ok: false, diagnosis: { class: 'guest-dead', code, message: /^kernel oops: BUG: unable/ } },
  ]);
  const recorded = { outcome: 'failed', class: 'guest-dead' };
  t.match(
    end.ledger[ledgerLine]?.scenarios.find((each) => each.id === id),
    recorded,
  );
  t.match(
    end.metadata?.scenarios.find((each) => each.id === id),
    recorded,
  );
  t.comment(`${id}: ${String(told?.diagnosis.phase)}: ${String(told?.diagnosis.message)}`);
}

const run = (place: Place, files: string[], env: Record<string, string> = {}): TapbootProcess =>
  place.start(['run', '--image', 'debian:fast', '--accel', 'tcg', ...files], { env });

await t.test('deaths in the middle of a scenario', async (t) => {
  const place = await Place.make(t, { states: soaking ? 'none' : 'shared' });
  const deaths = [
    [
      'qemu-is-killed',
      'echo waiting; sleep 250',
      'TAPBOOT_E_QEMU_GONE',
      /QEMU has ended \(SIGKILL\)/,
    ],
    [
      'the-kernel-panics',
      'echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger',
      'TAPBOOT_E_GUEST_PANIC',
      /kernel panic: sysrq triggered crash/,
    ],
    ['the-guest-hangs', soaking ? BUSY : STOPPED, 'TAPBOOT_E_GUEST_HUNG', /./],
    [
      'it-powers-off',
      'systemctl poweroff; sleep 250',
      'TAPBOOT_E_GUEST_POWEROFF',
      /Power down|powered itself off/,
    ],
    ['it-reboots', 'systemctl reboot; sleep 250', 'TAPBOOT_E_GUEST_REBOOT', /Restarting|restarted/],
  ] as const;
  const files = await Promise.all(deaths.map(([id, happens]) => scenario(place, id, happens)));
  files.push(await scenario(place, 'it-survives', FROM_THE_FUTURE));
  const oopses = [
    // First, and so the one that is booted in the soak; the others are restored from that boot.
    'oops-behind-a-line-from-the-future',
    'oops-in-the-last-step',
    'oops-behind-the-last-step',
    'oops-by-the-evidence',
    'oops-on-the-way-down',
    'oops-before-a-save',
  ] as const;
  const [future = '', ...others] = await Promise.all(oopses.map((id) => lastWords(place, id)));
  const heir = join(place.directory, 'scenarios/heir.yaml');
  await writeFile(
    heir,
    `version: 1
name: heir
from: oops-before-a-save#lost
steps: [{ name: it goes on, run: 'true' }]
`,
  );
  const junit = join(place.directory, 'junit.xml');
  const going = place.start(
    ['run', '--image', 'debian:fast', '--accel', 'tcg', '--report', `junit=${junit}`].concat(
      future,
      files,
      others,
      heir,
    ),
  );
  await going.printed(/# Subtest: qemu-is-killed[^]*\n {4}ok 1 - it lives/);
  process.kill(await going.qemu(), 'SIGKILL');
  const end = await going.end;
  t.equal(end.code, 3, end.told);
  t.same(end.tap.violations, [], 'TAP and nothing else on stdout');
  t.equal(end.tap.ok, false);
  t.equal(end.tap.bailout, undefined, 'the run itself is sound');

  for (const [id, , code, says] of deaths) {
    await t.test(id, async (t) => {
      const told = end.tap.scenarios.find(({ title }) => title === id);
      t.match(told, { ok: false, diagnosis: { outcome: 'failed', class: 'guest-dead', code } });
      const [lives, happens, goesOn] = told?.steps ?? [];
      t.match(lives, { ok: true, skip: undefined });
      t.match(happens, { ok: false, diagnosis: { class: 'guest-dead', code, message: says } });
      t.match(goesOn, { ok: true, skip: /the guest is dead: / });
      const recorded = end.ledger[0]?.scenarios.find((each) => each.id === id);
      t.match(recorded, { outcome: 'failed', class: 'guest-dead' });
      t.comment(`${id}: ${String(happens?.diagnosis.message)}`);
    });
  }
  for (const id of oopses) {
    await t.test(id, async (t) => {
      oopsTold(t, end, id);
    });
  }
  t.match(
    end.tap.scenarios.find(({ title }) => title === 'heir'),
    { ok: false, diagnosis: { class: 'guest-dead', code: 'TAPBOOT_E_CHECKPOINT_MISSING' } },
    'nobody starts from it',
  );
  const phaseOf = (id: string): unknown =>
    end.tap.scenarios.find(({ title }) => title === id)?.diagnosis.phase;
  t.equal(phaseOf('oops-in-the-last-step'), 'step');
  t.equal(phaseOf('oops-by-the-evidence'), 'teardown');
  t.match(
    end.tap.scenarios.find(({ title }) => title === oopses[0]),
    { diagnosis: { machine: soaking ? /^booted at / : /^restored from .* in an earlier run/ } },
  );
  const cases = (await readFile(junit, 'utf8')).split('<testcase ');
  t.match(
    cases.find((each) => each.includes('oops-by-the-evidence')),
    /<error message="kernel oops: [^]*TAPBOOT_E_GUEST_OOPS/,
  );
  t.match(
    end.tap.scenarios.find(({ title }) => title === 'it-survives'),
    { ok: true, diagnosis: { machine: /^restored from / } },
    'an independent scenario goes on, from the same boot',
  );
  t.match(end.ledger, [{ outcome: 'error' }], 'one line, and no verdict on the product');
  t.match(end.metadata, { outcome: 'error', exit_code: 3 });
  await place.expectNothingLeft(t);

  await inSoak(t, 'a line from the future on a machine of an earlier run', async (t) => {
    const end = await run(place, [future]).end;
    t.equal(end.code, 3, end.told);
    oopsTold(t, end, oopses[0], 1);
    t.match(end.tap.scenarios, [{ diagnosis: { machine: /^restored from .* in an earlier run/ } }]);
    await place.expectNothingLeft(t);
  });
});

await t.test('deaths at boot', async (t) => {
  const bootDeath = (t: Test, end: TapbootRun, code: string, says: RegExp): void => {
    t.equal(end.code, 3, end.told);
    t.same(end.tap.violations, []);
    const [told] = end.tap.scenarios;
    t.match(told, {
      ok: false,
      diagnosis: { class: 'guest-dead', phase: 'boot', code, message: says },
    });
    t.same(
      told?.steps.filter(({ skip }) => skip === undefined),
      [],
      'no step was judged',
    );
    t.match(end.ledger, [{ outcome: 'error', scenarios: [{ class: 'guest-dead' }] }]);
    t.match(end.metadata, { outcome: 'error', exit_code: 3 });
    t.comment(String(told?.diagnosis.message));
  };

  await t.test('QEMU is killed', async (t) => {
    const place = await Place.make(t, { states: 'none' });
    const going = run(place, [await scenario(place, 'boots', 'true')]);
    process.kill(await going.qemu(), 'SIGKILL');
    bootDeath(t, await going.end, 'TAPBOOT_E_QEMU_GONE', /QEMU has ended \(SIGKILL\)/);
    await place.expectNothingLeft(t);
  });

  await t.test('QEMU stands still', async (t) => {
    const place = await Place.make(t, { states: 'none' });
    const going = run(place, [await scenario(place, 'boots', 'true')], {
      BOOT_IMAGE_VM_SPAWN_TIMEOUT: '10',
    });
    process.kill(await going.qemu(), 'SIGSTOP');
    bootDeath(t, await going.end, 'TAPBOOT_E_GUEST_SILENT', /fell silent while booting/);
    await place.expectNothingLeft(t);
  });

  await t.test('the kernel panics', async (t) => {
    const place = await Place.make(t, { states: 'none' });
    const kernel = await kernelOf('debian:fast');
    const initrd = join(place.directory, 'no-initrd');
    await writeFile(initrd, '');
    const file = await scenario(place, 'boots', 'true');
    const image = `file:kernel=${kernel},append="console=ttyS0 panic=0"`;
    const end = await place.run(['run', '--image', image, '--accel', 'tcg', file]);
    bootDeath(t, end, 'TAPBOOT_E_GUEST_PANIC', /kernel panic: VFS: Unable to mount root fs/);
    await place.expectNothingLeft(t);
  });
});

await inSoak(t, 'the driver is ended while it waits for SSH', async (t) => {
  const place = await Place.make(t, { states: 'none' });
  // A guest whose sshd never starts; the driver would wait for longer than this test may take.
  const units = join(place.directory, 'layer/etc/systemd/system');
  await mkdir(units, { recursive: true });
  await symlink('/dev/null', join(units, 'ssh.service'));
  const image = `debian:fast,layer=${join(place.directory, 'layer')}`;
  const file = await scenario(place, 'waits', 'true');
  const going = place.start(['run', '--image', image, '--accel', 'tcg', file], {
    env: { BOOT_IMAGE_VM_LOGIN_TIMEOUT: '100000' },
  });
  await going.logged(/ boot ended after /);
  process.kill(going.pid, 'SIGTERM');
  const end = await going.end;
  t.equal(end.code, 4, end.told);
  t.match(end.tap.scenarios, [{ ok: false, diagnosis: { code: 'TAPBOOT_E_INTERRUPTED' } }]);
  t.match(end.ledger, [{ outcome: 'error', scenarios: [{ outcome: 'interrupted' }] }]);
  await place.expectNothingLeft(t);
});

t.test('the driver is ended', async (t) => {
  const place = await Place.make(t);
  const file = await scenario(place, 'waits', 'sleep 250');
  const moments = {
    'at boot': async (going: TapbootProcess) => {
      await going.qemu();
    },
    'in a step': async (going: TapbootProcess) => {
      await going.printed(/\n {4}ok 1 - it lives/);
    },
  } as const;
  const recorded = async (t: Test, end: TapbootRun, before: readonly string[]) => {
    t.equal(end.code, 4, end.told);
    t.equal(end.signal, undefined, 'it ended by itself');
    t.same(end.tap.violations, []);
    t.equal(end.tap.ok, false);
    t.equal(end.ledger.length, before.length + 1, 'earlier runs have their lines by now');
    t.match(end.ledger.at(-1), {
      outcome: 'error',
      scenarios: [{ outcome: 'interrupted', class: 'infra' }],
    });
    t.match(end.metadata, { outcome: 'error', exit_code: 4 });
    t.equal(runState(end.runDirectory ?? ''), 'ended');
    await place.expectNothingLeft(t);
  };
  const ended = async (moment: keyof typeof moments, signal: NodeJS.Signals) => {
    const going = run(place, moment === 'at boot' ? ['--fresh', file] : [file]);
    await moments[moment](going);
    process.kill(going.pid, signal);
    return await going.end;
  };

  for (const moment of ['at boot', 'in a step'] as const) {
    await t.test(`SIGKILL ${moment}`, async (t) => {
      const before = runDirectories(place.logRoot);
      const end = await ended(moment, 'SIGKILL');
      t.equal(end.signal, 'SIGKILL');
      t.same(await untilGone(place.temporary), [], 'QEMU and all else die with it');
      t.same(end.tap.violations, [], 'TAP as far as it went');
      t.equal(end.tap.ok, false, 'which is no pass');
      t.equal(end.ledger.length, before.length, 'its own line is not there, nor half of it');
      t.equal(runState(end.runDirectory ?? ''), 'running', 'nobody was left to say otherwise');
      t.equal(end.metadata?.outcome, undefined);
      for (const earlier of before) {
        t.equal(runState(earlier), 'interrupted', 'said at the start of this one');
        t.match(readMetadata(earlier), { outcome: 'error', interrupted: /killed/ });
      }
    });
  }

  for (const [signal, moment] of [
    ['SIGTERM', 'at boot'],
    ['SIGTERM', 'in a step'],
    ['SIGINT', 'at boot'],
    ['SIGINT', 'in a step'],
    ['SIGHUP', 'in a step'],
  ] as const) {
    await t.test(`${signal} ${moment}`, async (t) => {
      const before = runDirectories(place.logRoot);
      const end = await ended(moment, signal);
      await recorded(t, end, before);
      t.match(end.stderr, `tapboot: ${signal}: ending the run`);
      t.match(end.tap.scenarios, [{ ok: false, diagnosis: { code: 'TAPBOOT_E_INTERRUPTED' } }]);
      t.equal(end.metadata?.interrupted, signal);
    });
  }

  await t.test('an error in a callback, which nobody catches', async (t) => {
    const before = runDirectories(place.logRoot);
    const preload = join(place.directory, 'preload.mjs');
    const trigger = join(place.directory, 'trigger');
    await writeFile(
      preload,
      `import { existsSync } from 'node:fs';
      const timer = setInterval(() => {
        if (!existsSync(${JSON.stringify(trigger)})) return;
        clearInterval(timer);
        throw new TypeError('injected');
      }, 50).unref();`,
    );
    const going = run(place, [file], { NODE_OPTIONS: `--import ${preload}` });
    await moments['in a step'](going);
    await writeFile(trigger, '');
    const end = await going.end;
    await recorded(t, end, before);
    t.equal(end.tap.bailout, 'injected');
    t.match(end.stderr, /^tapboot: injected \[TAPBOOT_E_UNEXPECTED\]\n.*preload\.mjs/ms);
  });
});
