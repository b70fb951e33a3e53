import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import {
  bootImageVm,
  endBootImageVms,
  judgeDisk,
  type BootImageVmOptions,
  type BootImageVM,
} from '../../driver/index.js';
import type { Metadata } from '../../driver/record/metadata-schema.js';
import { library, place, recordOf, runFile } from '../helpers/library-process.js';
import { DAMAGE, plantDamaged } from '../helpers/planted-state.js';

const root = t.testdir();
/** What this process runs: the file by itself, or what runs the files of `npm test`. */
const PROGRAM = /(?:library\.test\.ts|test-group\.mjs)$/;
const states = join(root, 'states');
const settings: BootImageVmOptions = {
  accel: 'tcg',
  logRoot: join(root, 'notes'),
  env: {
    BOOT_IMAGE_VM_LEDGER_PATH: join(root, 'ledger.jsonl'),
    TAPBOOT_TEST_MARK: 'library',
    TAPBOOT_SNAPSHOT_DIR: states,
    CI: '',
  },
};
const key = await plantDamaged(states);
let bootedAt = '';
let boot = {};

const readJson = async (file: string): Promise<Metadata> =>
  JSON.parse(await readFile(file, 'utf8')) as Metadata;

t.test('a machine is shared, and each use of it ends on its own', async (t) => {
  const [first, second] = await Promise.all([bootImageVm(settings), bootImageVm(settings)]);
  t.equal(first.name, 'vm');
  t.equal(second.name, 'vm');
  // The one that was kept is damaged: that costs a boot, and is said.
  t.equal(first.origin.kind, 'booted');
  ({ bootedAt } = first.origin);
  t.match((await readJson(first.record.metadata)).notices, [{ message: DAMAGE }]);
  await first.succeed('echo shared > /root/mark');
  await first.close();
  await first.close();
  t.equal(await second.succeed('cat /root/mark'), 'shared\n');
  await t.rejects(first.run('true'), { code: 'TAPBOOT_E_VM_CLOSED', failureClass: 'scenario' });
});

t.test('commands', async (t) => {
  const vm = await bootImageVm({ ...settings, test: t });
  const result = await vm.run('echo out; echo err >&2; exit 3');
  t.match(result, { stdout: 'out\n', stderr: 'err\n', exitStatus: 3, timedOut: false });
  t.match(await vm.run('cat', { stdin: 'typed' }), { stdout: 'typed', exitStatus: 0 });
  t.match(await vm.run('sleep 60', { timeoutMs: 300 }), { exitStatus: null, timedOut: true });
  await t.rejects(vm.succeed('echo why >&2; exit 4'), {
    code: 'TAPBOOT_E_COMMAND_STATUS',
    details: { got: 'exit status 4', output: /why/ },
  });
  await t.rejects(vm.succeed('sleep 60', { timeoutMs: 300 }), {
    code: 'TAPBOOT_E_COMMAND_TIMEOUT',
  });
  t.match(await vm.ssh('id -un'), { stdout: 'root\n', channel: 'ssh' });
  t.match(await vm.sshAccess(), { host: '127.0.0.1', user: 'root', keyFile: /id_ed25519$/ });
  const log = await readFile(vm.record.harnessLog, 'utf8');
  t.match(log, 'shell (exit 3, ');
});

t.test('waits', async (t) => {
  const vm = await bootImageVm({ ...settings, test: t });
  t.equal(await vm.waitForUnit('pre-nixos.service'), 'inactive');
  t.match(
    await vm.waitForFile('/run/pre-nixos/storage-status', { matches: /^STATE=applied$/m }),
    'DETAIL=auto-applied',
  );
  t.match(await vm.waitForIpv4('lan'), /^\d+\.\d+\.\d+\.\d+$/);
  t.match(await vm.waitForConsole(/LAN IPv4 address: [\d.]+/), 'LAN IPv4 address: ');
  await vm.waitForPort(22);
  await vm.run('rm -f /run/later; (sleep 1; echo yes > /run/later) > /dev/null 2>&1 &');
  t.equal(await vm.waitForCommand('cat /run/later'), 'yes\n');
  await vm.run('systemd-run --unit=doomed --property=Type=oneshot --no-block false');
  await t.rejects(vm.waitForUnit('doomed.service', { timeoutMs: 30_000 }), {
    code: 'TAPBOOT_E_UNIT_FAILED',
    failureClass: 'product',
  });
  await t.rejects(vm.waitForFile('/never', { timeoutMs: 300 }), { code: 'TAPBOOT_E_WAIT_TIMEOUT' });
  const from = vm.console.mark();
  await vm.run("printf 'seen from%s\\n' ' the host' > /dev/console");
  t.match(await vm.console.expect(/seen from the (\w+)/, { from }), { text: 'seen from the host' });
});

t.test('a unit is run anew, with an environment of its own', async (t) => {
  const vm = await bootImageVm({ ...settings, test: t });
  await vm.run(
    'printf \'[Service]\\nType=oneshot\\nExecStart=/bin/sh -c "echo $WORD > /run/word"\\n\' > /run/systemd/system/says.service; systemctl daemon-reload',
  );
  t.equal(await vm.startUnit('says.service', { environment: { WORD: 'hello' } }), 'inactive');
  t.equal(await vm.succeed('cat /run/word'), 'hello\n');
});

t.test('disks are seen from the host', async (t) => {
  const vm = await bootImageVm({ ...settings, test: t });
  const found = await vm.inspectDisk('vda', { search: ['nowhere-to-be-found'] });
  t.ok(found.findings.some(({ kind }) => kind === 'lvm-label'));
  const judged = judgeDisk(found, { clean: true, absent: ['nowhere-to-be-found'] });
  t.same(
    judged.map(({ held }) => held),
    [false, true],
  );
  await t.rejects(vm.inspectDisk('vdz'), { code: 'TAPBOOT_E_DISK_UNKNOWN' });
});

t.test('pristine machines know nothing of what others did', async (t) => {
  const shared = await bootImageVm({ ...settings, test: t });
  await shared.succeed('test -e /root/mark');
  let own: BootImageVM;
  {
    await using vm = await bootImageVm({ ...settings, pristine: true });
    own = vm;
    t.match(vm.origin, { kind: 'restored', sameRun: true });
    t.not(vm.name, shared.name);
    t.match(await vm.run('test -e /root/mark'), { exitStatus: 1 });
    await vm.succeed('echo own > /root/mark');
  }
  await t.rejects(own.run('true'), { code: 'TAPBOOT_E_VM_CLOSED' });
  t.equal(await shared.succeed('cat /root/mark'), 'shared\n');
});

t.test('a state can be gone back to, and started from', async (t) => {
  const vm = await bootImageVm({ ...settings, pristine: true, test: t });
  await vm.succeed('echo before > /root/moment');
  const state = await vm.save();
  await vm.succeed('echo after > /root/moment');
  const beside = await bootImageVm({ ...settings, from: state, test: t });
  t.equal(await beside.succeed('cat /root/moment'), 'before\n');
  t.equal(await vm.succeed('cat /root/moment'), 'after\n');
  await vm.restore(state);
  t.equal(await vm.succeed('cat /root/moment'), 'before\n');
  t.match(await vm.ssh('cat /root/moment'), { stdout: 'before\n' });
  await t.rejects(vm.restore({ ...state }), { code: 'TAPBOOT_E_STATE_UNKNOWN' });
  await t.rejects(bootImageVm({ ...settings, from: state, pristine: true }), {
    code: 'TAPBOOT_E_FIXTURE_OPTIONS',
  });
});

/**
 * The guest's base64 breaks off after 3000 bytes of a copy, and then does `then`. What the
 * driver's own shell does with it is left alone: that neither reads nor writes files in /root.
 */
const breakBase64 = (then: string): string => `
umount /usr/bin/base64 2>/dev/null
cp /usr/bin/base64 /run/base64
cat >/run/broken-base64 <<'EOF'
#!/bin/sh
case "$(readlink /proc/$$/fd/0) $(readlink /proc/$$/fd/1)" in
  */root/*) /run/base64 "$@" | head -c 3000; ${then} ;;
  *) exec /run/base64 "$@" ;;
esac
EOF
chmod 755 /run/broken-base64
mount --bind /run/broken-base64 /usr/bin/base64`;

/** From now on SFTP is served by this command; sessions that stand are ended. */
const serveSftpBy = (command: string): string => `
printf '#!/bin/sh\\n%s\\n' '${command}' >/run/sftp
chmod 755 /run/sftp
mountpoint -q /etc/ssh/sshd_config || {
  sed 's|^Subsystem.*|Subsystem sftp /run/sftp|' /etc/ssh/sshd_config >/run/sshd_config
  mount --bind /run/sshd_config /etc/ssh/sshd_config
  systemctl reload ssh.service
}
pkill -f '^sshd: root'; true`;

t.test('a copy is whole or not there', async (t) => {
  const vm = await bootImageVm({ ...settings, pristine: true, test: t });
  const host = t.testdir({ out: {} });
  const out = join(host, 'out');
  await vm.ssh('true');
  // A small file goes through the shell, a large one by SFTP.
  const sizes = { small: 40_000, large: 300_000 };
  await vm.succeed('mkdir /root/in');
  for (const [name, size] of Object.entries(sizes)) {
    const bytes = Buffer.alloc(size, 0xfe);
    await writeFile(join(host, name), bytes);
    await vm.succeed('ln -sf the-file /root/in/link');
    await vm.copyIn(join(host, name), '/root/in/link', { mode: 0o640 });
    t.equal(
      await vm.succeed('cd /root/in; stat -c "%n %a %s" the-file; readlink link; ls -A | wc -l'),
      `the-file 640 ${String(size)}\nthe-file\n2\n`,
      `${name}: in, behind a link`,
    );
    // Without the byte that is changed on the way further down.
    await vm.succeed(`cp /root/in/the-file /root/${name}; touch -d @1000000000 /root/${name}`);
    await vm.copyOut(`/root/${name}`, join(out, name));
    t.ok((await readFile(join(out, name))).equals(bytes), `${name}: out`);
    await rm(join(out, name));
  }
  for (const [name, expected] of [
    ['/proc/version', /^Linux version/],
    ['/sys/class/net/lo/address', /^00:00:00:00:00:00\n$/],
  ] as const) {
    await vm.copyOut(name, join(out, 'kernel'));
    t.match(await readFile(join(out, 'kernel'), 'utf8'), expected, `${name}, of another size`);
    await rm(join(out, 'kernel'));
  }
  await vm.succeed('rm -r /root/in; mkdir /root/in; truncate -s 1025M /root/sparse');
  const sparse = vm.copyOut('/root/sparse', join(out, 'sparse'));
  await t.rejects(sparse, { code: 'TAPBOOT_E_COPY_SIZE' });

  const copied = async (
    name: keyof typeof sizes,
    expected: { code: string; failureClass: string },
    timeoutMs = 60_000,
  ): Promise<void> => {
    const ways = {
      in: () => vm.copyIn(join(host, name), `/root/in/${name}`, { timeoutMs }),
      out: () => vm.copyOut(`/root/${name}`, join(out, name), { timeoutMs }),
    };
    for (const [direction, copy] of Object.entries(ways)) {
      const error = await copy().then(
        () => 'it passes',
        (error: unknown) => error,
      );
      t.match(error, expected, `${name} ${direction}: ${expected.code}`);
      t.equal(await vm.succeed('ls -A /root/in'), '', 'nothing of it is left in the guest');
      t.same(await readdir(out), [], 'nor on the host');
    }
  };
  const late = { code: 'TAPBOOT_E_COPY_TIMEOUT', failureClass: 'product' };
  const damaged = { code: 'TAPBOOT_E_COPY_DAMAGED', failureClass: 'infra' };
  const server = '/usr/lib/openssh/sftp-server';
  await vm.succeed(breakBase64('sleep 1000'));
  await copied('small', late, 3000);
  await vm.succeed(breakBase64('exit 0'));
  await copied('small', damaged);
  const cut = 'stdbuf -o0 head -c 100000';
  await vm.succeed(serveSftpBy(`${cut} | ${server} | ${cut}; sleep 1000`));
  // The connection that stood may be lost only now: a new one is there before the time counts.
  await vm.ssh('true').catch(() => vm.ssh('true'));
  await copied('large', late, 3000);
  const change = 'stdbuf -o0 tr "\\376" "\\375"';
  await vm.succeed(serveSftpBy(`${change} | ${server} | ${change}`));
  await copied('large', damaged);
});

t.test('a lost shared machine is told at once, and the next one is a new one', async (t) => {
  const vm = await bootImageVm({ ...settings, test: t });
  const sleeping = vm.run('sleep 600', { timeoutMs: 600_000 });
  const panicking = vm.run('echo c > /proc/sysrq-trigger').catch(() => undefined);
  await t.rejects(sleeping, { name: 'TapbootError', failureClass: 'guest-dead' });
  await panicking;
  t.match(await vm.death, { failureClass: 'guest-dead' });
  const next = await bootImageVm({ ...settings, test: t });
  t.not(next.name, vm.name);
  t.match(await next.run('test -e /root/mark'), { exitStatus: 1 });
  await next.powerOff();
  t.equal(next.power, 'off');
  const third = await bootImageVm({ ...settings, test: t });
  t.equal(await third.succeed('id -un'), 'root\n');
});

t.test('the end: machines closed, record complete', async (t) => {
  const vm = await bootImageVm(settings);
  const { metadata } = vm.record;
  await vm.markFailed('said by the test');
  t.equal((await readJson(metadata)).outcome, undefined);
  await endBootImageVms();
  await t.rejects(vm.run('true'), { code: 'TAPBOOT_E_VM_CLOSED' });
  const written = await readJson(metadata);
  t.equal(written.outcome, 'error', 'a lost machine explains a failed test');
  t.match(written.command[1], PROGRAM);
  t.match(written.environment, { TAPBOOT_TEST_MARK: 'library' });
  const { boot_to_ssh_seconds: ssh = 0, boot_to_login_seconds: login = 1 } = written.timings;
  t.ok(ssh >= login);
  boot = { boot_to_ssh_seconds: ssh, boot_to_login_seconds: login };
  for (const { name, end_reason, origin } of written.vms) {
    t.type(end_reason, 'string', name);
    t.equal(origin?.booted_at, bootedAt, 'each descends from the one boot');
  }
  const labels = written.vms.flatMap(({ diagnostics }) => diagnostics.artifacts);
  t.ok(labels.some(({ label }) => label.includes('said by the test')));
  const lines = (await readFile(join(root, 'ledger.jsonl'), 'utf8')).trim().split('\n');
  t.equal(lines.length, 1);
  t.match(JSON.parse(lines[0] ?? ''), {
    outcome: 'error',
    start: 'booted',
    driver_args: [PROGRAM],
  });
  t.notOk(existsSync(vm.diskFiles['vda'] ?? '/'), 'the workspace is gone');
});

t.test('another process has the machine at once, as it was right after the boot', async (t) => {
  t.same(readdirSync(states), [key], 'it was kept');
  const directory = await place(t);
  const text = `
    import { bootImageVm } from '${library}';
    const vm = await bootImageVm({ accel: 'tcg' });
    const { exitStatus: mark } = await vm.run('test -e /root/mark');
    const seconds = performance.now() / 1000;
    await vm.succeed('echo mine > /root/mine');
    const state = await vm.save();
    await using beside = await bootImageVm({ accel: 'tcg', from: state });
    await using own = await bootImageVm({ accel: 'tcg', pristine: true });
    const read = async (of) => (await of.run('cat /root/mine')).stdout;
    const ssh = (await vm.ssh('id -un')).stdout;
    const origins = [vm, beside, own].map(({ origin }) => origin);
    const saved = { bootedAt: state.bootedAt, beside: await read(beside), own: await read(own) };
    console.log(JSON.stringify({ mark, ssh, origins, saved, timings: vm.timings, seconds }));
  `;
  const run = await runFile(directory, text, { env: { TAPBOOT_SNAPSHOT_DIR: states } });
  t.equal(run.exitCode, 0, run.stderr);
  const said = JSON.parse(run.stdout) as Record<string, unknown>;
  const kept = { kind: 'restored', key, bootedAt, sameRun: false };
  t.match(said, { mark: 1, ssh: 'root\n', saved: { bootedAt, beside: 'mine\n', own: '' } });
  t.match(said['origins'], [kept, { ...kept, key: /^(?!.{32})/ }, kept]);
  const [line] = run.lines;
  if (line === undefined) return t.fail('no line');
  t.match(line, { outcome: 'passed', start: 'restored' });
  const record = await recordOf(directory, line);
  t.same(record.notices, []);
  const origin = { kind: 'restored', state: key, booted_at: bootedAt, same_run: false };
  t.strictSame(record.vms[0]?.origin, origin);
  t.match(record.vms[0]?.timings, boot, 'boot times are those of the boot that was made');
  t.same(readdirSync(states), [key], 'nothing else is there');
  t.comment(`seconds to the first command: ${Number(said['seconds']).toFixed(2)}`);
});
