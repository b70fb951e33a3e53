// Snapshots across runs: restored, adopted, refused. Real machines; one boot serves many cases.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { userCacheDirectory } from '../../driver/config/cache-directory.js';
import type { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { RamFormats } from '../../driver/machine/snapshot/ram-format.js';
import { fileDigest } from '../../driver/host/file-digest.js';
import { MachinePool } from '../../driver/snapshots/machine-pool.js';
import { SnapshotCache } from '../../driver/snapshots/cache.js';
import type { Scenario } from '../../driver/scenario/model.js';
import { manifestText, readManifest } from '../../driver/snapshots/store/manifest.js';
import { snapshotKey } from '../../driver/snapshots/store/key.js';
import { SnapshotStore } from '../../driver/snapshots/store/store.js';
import { Place } from '../helpers/run-tapboot.js';
import { soaking } from '../helpers/soak.js';
import { testHost, testImage, testMachine, type TestHost } from '../helpers/vm-host.js';

t.setTimeout(15 * 60_000);

const image = await testImage();
const machine = testMachine(256, 64);
const PROGRESS = { stage: () => undefined, log: () => undefined };
const digest = async (path: string): Promise<string> =>
  await fileDigest(path, { cacheDirectory: userCacheDirectory(process.env), progress: PROGRESS });

/** One run: keys, workspace and record of its own; the snapshots in `directory` are shared. */
async function run(t: Test, directory: string) {
  const host = await testHost(t);
  const notices: string[] = [];
  const notice = (message: string): number => notices.push(message);
  const store = new SnapshotStore({ directory, limitBytes: 1e12, notice });
  const cache = new SnapshotCache({ host, image, store, digest });
  // The form that is usual, whatever is measured here today.
  const forms = new RamFormats('shared-ram', directory);
  const pool = new MachinePool({ host, image, fresh: false, cache, forms });
  t.teardown(() => pool.close());
  const key = await cache.key(machine);
  if (key === undefined) throw new Error('no key');
  let count = 0;
  const restore = async (): Promise<BootImageVM | undefined> =>
    await cache.restore(key, machine, () => `vm-${String(++count)}`);
  return { host, notices, cache, pool, key, restore };
}

const scenario = (id: string, subject: Scenario['subject']): Scenario => ({
  id,
  baseId: id,
  name: id,
  file: `${id}.yaml`,
  path: `/${id}.yaml`,
  tags: [],
  subject,
  machine,
  variables: {},
  matrix: {},
  redact: [],
  redactedValues: [],
  timeoutMs: 60_000,
  steps: [],
  at: { file: `${id}.yaml`, line: 1, column: 1 },
});

async function said(vm: BootImageVM, command: string): Promise<string> {
  return (await vm.run(command, { timeoutMs: 60_000 })).stdout.trim();
}

const directory = mkdtempSync(join(tmpdir(), 'tb-states-'));
t.teardown(() => {
  rmSync(directory, { recursive: true, force: true });
});

const warnings = ({ events }: TestHost): string[] =>
  events.flatMap((event) => (event.type === 'notice' ? event.message : []));

let bootedAt = '';
let bootId = '';
let entryKey = '';

t.test('of two scenarios that ask at once one boots, and the boot is kept', async (t) => {
  const { host, pool, key } = await run(t, directory);
  entryKey = key.key;
  const scenarios = [scenario('one', 'machine'), scenario('two', 'machine')];
  pool.expect(scenarios);
  const vms = await Promise.all(scenarios.map((each) => pool.acquire(each, each.id)));
  for (const vm of vms) t.teardown(() => vm.close());
  const booted = vms.find(({ origin }) => origin.kind === 'booted');
  const restored = vms.find(({ origin }) => origin.kind === 'restored');
  if (booted === undefined || restored === undefined) return t.fail('not one of each');
  ({ bootedAt } = booted.origin);
  t.match(restored.origin, { kind: 'restored', key: key.key, sameRun: true, bootedAt });
  bootId = await said(booted, 'cat /proc/sys/kernel/random/boot_id');
  // After the save: nothing of this may be in the entry.
  await said(booted, 'echo trace > /run/trace; echo trace | dd of=/dev/vdb conv=fsync');
  for (const vm of vms) await vm.close();
  await pool.close();
  t.same(readdirSync(directory), [key.key]);
  t.same(warnings(host), []);
  const phases = host.events.flatMap((event) =>
    event.type === 'phase:end' && event.phase !== 'boot' ? [`${event.phase}: ${event.text}`] : [],
  );
  t.same(phases, [
    `save: saving ${booted.name} as ${key.key}`,
    `restore: restoring ${restored.name} from ${key.key}`,
  ]);
});

t.test('a later run restores it, and makes it its own', async (t) => {
  const { host, pool, notices } = await run(t, directory);
  const scenarios = [scenario('machine', 'machine'), scenario('boot', 'boot')];
  pool.expect(scenarios);
  const vm = await pool.acquire(scenario('machine', 'machine'), 'machine');
  t.teardown(() => vm.close());
  const { kernel, ...origin } = vm.origin;
  t.strictSame(origin, { kind: 'restored', key: entryKey, bootedAt, sameRun: false });
  t.match(kernel, { text: /console=ttyS0/, source: 'guest' }, 'the command line of that boot');
  t.equal(await said(vm, 'cat /proc/sys/kernel/random/boot_id'), bootId, 'that very boot');
  t.equal(await said(vm, 'cat /run/trace; head -c 5 /dev/vdb | tr "\\0" .'), '.....', 'pristine');

  t.equal(
    await said(vm, 'cat /root/.ssh/authorized_keys'),
    host.keys.authorizedKey.trim(),
    'the key of this run, in place of the other one',
  );
  const ssh = await vm.run('id -un', { channel: 'ssh', timeoutMs: 60_000 });
  t.equal(ssh.stdout.trim(), 'root');
  const clock = Number(await said(vm, 'date +%s'));
  t.ok(Math.abs(clock - Date.now() / 1000) < 120, `the clock is set: ${String(clock)}`);
  t.match(readFileSync(host.places('machine').serialLog, 'utf8'), /login: /, 'the console so far');

  const checkpointed = await vm.save();
  t.equal(checkpointed.authorizedKey, host.keys.authorizedKey);

  if (soaking) {
    await vm.reboot({ timeoutMs: 60_000 });
    t.not(await said(vm, 'cat /proc/sys/kernel/random/boot_id'), bootId, 'a boot of its own');
    const again = await vm.run('id -un', { channel: 'ssh', timeoutMs: 60_000 });
    t.equal(again.stdout.trim(), 'root', 'with the credentials of this run');
  }
  await vm.close();

  if (soaking) {
    const boot = await pool.acquire(scenario('boot', 'boot'), 'boot');
    t.teardown(() => boot.close());
    t.equal(boot.origin.kind, 'booted', 'who is about the boot gets a boot of this run');
    await boot.close();
  }
  t.same([...notices, ...warnings(host)], []);
});

/** A copy of the entry that may be damaged: nothing of it is shared with the original. */
function copied(t: Test, key = entryKey): { place: string; entry: string } {
  const place = mkdtempSync(join(tmpdir(), 'tb-states-'));
  t.teardown(() => {
    rmSync(place, { recursive: true, force: true });
  });
  const entry = join(place, key);
  // Not by Node, which fills holes.
  execFileSync('cp', ['-a', join(directory, entryKey), entry]);
  return { place, entry };
}

function flip(file: string, at: number): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 0xff;
  writeSync(handle, byte, 0, 1, at);
  closeSync(handle);
}

/** The first place from `start` on where 4 KiB are empty, or are not. */
function page(file: string, start: number, empty: boolean): number {
  const handle = openSync(file, 'r');
  const bytes = Buffer.alloc(4096);
  let at = start;
  do {
    at += bytes.length;
    readSync(handle, bytes, 0, bytes.length, at);
  } while (bytes.every((byte) => byte === 0) !== empty);
  closeSync(handle);
  return at;
}

t.test('a damaged entry is never a machine', async (t) => {
  const damages: [string, (entry: string) => void, RegExp][] = [
    [
      'RAM in the middle',
      (entry) => {
        const file = join(entry, 'ram.state');
        flip(file, page(file, 40_000_000, false));
      },
      /ram\.state is not what was written/,
    ],
    [
      'RAM where there was nothing',
      (entry) => {
        const file = join(entry, 'ram.state');
        flip(file, page(file, 40_000_000, true) + 123);
      },
      /ram\.state is not what was written/,
    ],
    [
      'the last device',
      (entry) => {
        const file = join(entry, 'device.state');
        flip(file, statSync(file).size - 100);
      },
      /device\.state is not what was written/,
    ],
    [
      'a disk',
      (entry) => {
        flip(join(entry, 'vdb.0.qcow2'), 100);
      },
      /vdb\.0\.qcow2 is not what was written/,
    ],
    [
      'half of the RAM',
      (entry) => {
        truncateSync(join(entry, 'ram.state'), 20_000_000);
      },
      /ram\.state has 20000000 bytes/,
    ],
    [
      'no RAM at all',
      (entry) => {
        rmSync(join(entry, 'ram.state'));
      },
      /ram\.state is missing/,
    ],
    [
      'half of the devices',
      (entry) => {
        truncateSync(join(entry, 'device.state'), 20_000);
      },
      /device\.state has 20000 bytes/,
    ],
  ];
  for (const [what, damage, reason] of damages) {
    const { place, entry } = copied(t);
    damage(entry);
    const { notices, restore, cache } = await run(t, place);
    t.equal(await restore(), undefined, what);
    t.match(notices, [reason], what);
    t.notOk(existsSync(entry), `${what}: removed`);
    await cache.close();
  }
});

t.test('a state of another machine in this one’s place is refused by its own RAM', async (t) => {
  const { place, entry } = copied(t);
  const { key, restore, notices, cache } = await run(t, place);
  // The forgery: RAM of a machine with another agent, and a manifest that has it right in all.
  const other = { ...key.inputs, image: { ...key.inputs.image, identity: 'an older agent' } };
  const old = readManifest(readFileSync(join(entry, 'manifest.json'), 'utf8'), key.key);
  if ('problem' in old) return t.fail(old.problem);
  t.not(snapshotKey(other), key.key);
  const nonce = `${key.key}-cafecafecafecafe`;
  const forged = { ...old, proof: { ...old.proof, nonce } };
  writeFileSync(join(entry, 'manifest.json'), manifestText(forged));
  await t.rejects(restore(), { code: 'TAPBOOT_E_RESTORE_PROOF', failureClass: 'infra' });
  t.match(notices, [/the restored machine is not the one saved/]);
  t.notOk(existsSync(entry), 'the next run boots');
  await cache.close();
});

t.test('a state that was moved to the key of another machine is refused', async (t) => {
  const other = testMachine(256, 64, 64);
  const probe = await run(t, directory);
  const otherKey = await probe.cache.key(other);
  if (otherKey === undefined) return t.fail('no key');
  t.not(otherKey.key, entryKey, 'a disk more is another key');
  const { place, entry } = copied(t, otherKey.key);
  const { cache, notices } = await run(t, place);
  t.equal(await cache.restore(otherKey, other, () => 'vm'), undefined);
  t.match(notices, [/its manifest is that of another snapshot/]);
  t.notOk(existsSync(entry));
  await cache.close();
});

t.test('what QEMU cannot load is removed, and the scenario boots', async (t) => {
  const { place, entry } = copied(t);
  // All digests are right; it is the snapshot of no machine.
  const file = join(entry, 'device.state');
  copyFileSync(join(entry, 'console.log'), file);
  const manifest = readManifest(readFileSync(join(entry, 'manifest.json'), 'utf8'), entryKey);
  if ('problem' in manifest) return t.fail(manifest.problem);
  const text = manifest.files.find(({ name }) => name === 'console.log');
  const files = manifest.files.map((each) =>
    each.name === 'device.state' ? { ...each, ...text, name: each.name } : each,
  );
  writeFileSync(join(entry, 'manifest.json'), manifestText({ ...manifest, files }));
  const { restore, notices, cache } = await run(t, place);
  t.equal(await restore(), undefined);
  t.match(notices, [/cannot be used: .*restor.*machine/]);
  t.notOk(existsSync(entry));
  await cache.close();
});

t.test('the command line: who boots, who is restored, and what is said of it', async (t) => {
  const place = await Place.make(t, { states: soaking ? 'none' : 'shared' });
  const file = join(place.directory, 'lives.yaml');
  writeFileSync(
    file,
    `version: 1
name: It lives
machine: { memory: 512M, disks: { vda: 64M } }
steps:
  - run: test ! -e /run/trace && touch /run/trace
`,
  );
  const states = join(place.directory, 'states');
  const tapboot = async (args: string[] = [], env: Record<string, string> = {}) => {
    const call = ['run', '--image', 'debian:fast', '--accel', 'tcg', ...args, file];
    const end = await place.run(call, { env });
    t.equal(end.code, 0, ['tapboot run', ...args].join(' '));
    return {
      machine: end.tap.scenarios[0]?.diagnosis.machine ?? '',
      kernel: end.metadata?.vms[0]?.kernel_command_line,
      told: /^ {4}# (kernel command line: .*)$/m.exec(end.stdout)?.[1],
      start: end.ledger.at(-1)?.scenarios[0]?.start,
      kept: existsSync(states) ? readdirSync(states) : [],
    };
  };
  if (soaking) {
    t.match(await tapboot(['--fresh']), { machine: /^booted at /, start: 'booted', kept: [] });
    const ci = await tapboot([], { CI: 'true' });
    t.match(ci, { machine: /^booted at /, start: 'booted', kept: [] });
  }
  const first = await tapboot();
  if (soaking) {
    t.match(first, { machine: /^booted at /, start: 'booted', kept: [/^[0-9a-f]{32}$/] });
  }
  const { kernel, told, machine: made, kept } = first;
  const [, key = kept[0] ?? '', bootedAt = made.replace('booted at ', '')] =
    /^restored from (\S+), booted at (\S+) in an earlier run$/.exec(made) ?? [];
  t.match(kernel, { text: /\bquiet .*\bconsole=ttyS0,115200n8$/, source: 'guest' });
  t.equal(told, `kernel command line: ${kernel?.text ?? ''}`);
  t.strictSame(await tapboot(), {
    kernel,
    told,
    machine: `restored from ${key}, booted at ${bootedAt} in an earlier run`,
    start: 'restored',
    kept,
  });
  const list = await place.run(['snapshot', 'list']);
  const line = `^${key}  .* debian:fast, 512.0 MiB \\+ vda 64.0 MiB, (stream|mapped-ram|shared-ram), booted`;
  t.match(list.stdout, new RegExp(line));
  t.match(list.stdout, `booted at ${bootedAt}`);
  const pruned = await place.run(['snapshot', 'prune']);
  t.match(pruned.stdout, `kept    ${key}`);
  const cleared = await place.run(['snapshot', 'clear']);
  const count = String(kept.length);
  t.match(cleared.stdout, new RegExp(`removed ${key} `));
  t.match(cleared.stdout, `${count} of ${count} snapshots removed`);
  t.same(readdirSync(states), []);
  await place.expectNothingLeft(t);
});
