import { chmodSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { BootImage, BootMedium } from '../../../../driver/image/image.js';
import type { Machine } from '../../../../driver/language/machine-shape.js';
import type { Step } from '../../../../driver/steps/step.js';
import { snapshotInputs, type KeyHost } from '../../../../driver/snapshots/store/inputs.js';
import {
  checkpointKey,
  digestText,
  isSnapshotKey,
  keyedSteps,
  snapshotKey,
} from '../../../../driver/snapshots/store/key.js';

const digest = async (path: string): Promise<string> => digestText(await readFile(path, 'utf8'));

interface World {
  files: Record<string, string>;
  host: KeyHost;
  image: BootImage;
  machine: Machine;
}

type Form = 'direct' | 'cd' | 'disk';

/** A world of small files in a directory of its own; two of them differ in nothing but paths. */
function world(t: Test, form: Form, nested: string): World {
  const names = ['kernel', 'initrd', 'layer', 'root', 'iso', 'CODE.fd', 'VARS.fd', 'bios-256k.bin'];
  const contents = Object.fromEntries(names.map((name) => [name, `content of ${name}`]));
  const root = join(t.testdir({ [nested]: contents }), nested);
  const at = (name: string): string => join(root, name);
  writeFileSync(at('qemu'), `#!/bin/sh\ndirname "$0"\n`);
  chmodSync(at('qemu'), 0o755);
  const direct: BootMedium = {
    kind: 'direct',
    kernel: at('kernel'),
    initrds: [at('initrd'), at('layer')],
    append: 'quiet',
    root: at('root'),
    iso: at('iso'),
  };
  const media: Record<Form, BootMedium> = {
    direct,
    cd: { kind: 'cd', iso: at('iso'), firmware: 'uefi' },
    disk: { kind: 'disk', disk: at('iso'), format: 'raw', firmware: 'bios' },
  };
  return {
    files: Object.fromEntries([...names, 'qemu'].map((name) => [name, at(name)])),
    host: {
      qemu: { executable: at('qemu'), version: 'QEMU 7.2.22 (Debian 1)', major: 7, minor: 2 },
      accelerator: { name: 'tcg', reasons: [], remembered: false },
      firmware: `${at('CODE.fd')}:${at('VARS.fd')}`,
    },
    image: {
      provider: 'file',
      spec: 'file:x',
      identity: 'aa',
      cached: true,
      artifact: {},
      medium: media[form],
      access: { root: 'auto', user: 'root' },
    },
    machine: {
      memoryBytes: 1 << 29,
      cpus: 1,
      network: 'isolated',
      disks: [{ name: 'vda', sizeBytes: 1 << 30 }],
    },
  };
}

const keyOf = async ({ host, image, machine }: World): Promise<string> =>
  snapshotKey(await snapshotInputs(host, image, machine, digest));

const edit = (name: string) => (world: World) => {
  // The program has to go on answering.
  const file = world.files[name] ?? '';
  writeFileSync(file, '# changed\n', { flag: 'a' });
};

const change = (what: (world: World) => unknown) => (world: World) => {
  what(world);
};

/** Every input, and a change of it; `form` where only another kind of medium has it. */
const CHANGES: [string, Form, (world: World) => void][] = [
  ['QEMU’s version', 'direct', change((w) => (w.host.qemu.version = 'QEMU 7.2.22 (Debian 2)'))],
  ['QEMU’s executable', 'direct', edit('qemu')],
  ['a ROM of QEMU', 'direct', edit('bios-256k.bin')],
  [
    'the accelerator, and with it CPU model and host',
    'direct',
    change((w) => (w.host.accelerator = { ...w.host.accelerator, name: 'kvm' })),
  ],
  ['a CPU model (by QEMU’s release)', 'direct', change((w) => (w.host.qemu.major = 10))],
  ['the kernel', 'direct', edit('kernel')],
  ['an initrd', 'direct', edit('initrd')],
  ['a layer with another agent', 'direct', edit('layer')],
  ['the root file system', 'direct', edit('root')],
  ['an ISO beside a kernel', 'direct', edit('iso')],
  ['the order of initrds', 'direct', change((w) => direct(w).initrds.reverse())],
  ['the kernel’s arguments', 'direct', change((w) => (direct(w).append = 'quiet debug'))],
  ['an ISO', 'cd', edit('iso')],
  ['the firmware', 'cd', edit('CODE.fd')],
  ['the pristine variable store', 'cd', edit('VARS.fd')],
  ['BIOS instead of UEFI', 'cd', change((w) => (w.machine.firmware = 'bios'))],
  ['a disk image', 'disk', edit('iso')],
  ['memory', 'direct', change((w) => (w.machine.memoryBytes = 1 << 30))],
  ['CPUs', 'direct', change((w) => (w.machine.cpus = 2))],
  ['a disk’s size', 'direct', change((w) => (w.machine.disks[0]!.sizeBytes = 1 << 31))],
  ['a disk more', 'direct', change((w) => w.machine.disks.push({ name: 'vdb', sizeBytes: 512 }))],
  ['the network', 'direct', change((w) => (w.machine.network = 'internet'))],
  ['a display', 'direct', change((w) => (w.machine.display = true))],
  ['no network', 'direct', change((w) => (w.machine.network = 'none'))],
  ['the image’s identity', 'direct', change((w) => (w.image.identity = 'ab'))],
  ['the user who logs in', 'direct', change((w) => (w.image.access.user = 'live'))],
  ['the way to root', 'direct', change((w) => (w.image.access.root = 'console'))],
];

function direct({ image }: World): Extract<BootMedium, { kind: 'direct' }> {
  if (image.medium.kind !== 'direct') throw new Error('not direct');
  return image.medium;
}

t.test('every input makes a difference to the key', async (t) => {
  const seen = new Map<string, string>();
  for (const [what, form, changed] of CHANGES) {
    const before = world(t, form, 'world');
    const key = await keyOf(before);
    t.ok(isSnapshotKey(key), key);
    const same = await keyOf(world(t, form, 'world'));
    t.equal(same, key, `${what}: the same again without a change`);
    changed(before);
    const after = await keyOf(before);
    t.not(after, key, what);
    t.notOk(seen.has(after), `${what}: not the key of ${seen.get(after) ?? ''}`);
    seen.set(after, what);
  }
});

t.test('what makes no difference', async (t) => {
  const key = await keyOf(world(t, 'direct', 'here'));
  t.equal(await keyOf(world(t, 'direct', 'there')), key, 'where the files lie');
  const spec = world(t, 'direct', 'here');
  spec.image.spec = 'debian:fast';
  spec.image.cached = false;
  t.equal(await keyOf(spec), key, 'how the image was asked for, and whether it was built');
});

t.test('protocol, guest shell and architecture make a difference', async (t) => {
  const { host, image, machine } = world(t, 'direct', 'world');
  const inputs = await snapshotInputs(host, image, machine, digest);
  const keys = [
    inputs,
    { ...inputs, protocol: inputs.protocol + 1 },
    { ...inputs, guestShell: 'another' },
    { ...inputs, architecture: 'arm64' },
    { ...inputs, host: 'another CPU' },
  ].map((each) => snapshotKey(each));
  t.equal(new Set(keys).size, keys.length);
  t.equal(snapshotKey(Object.fromEntries(Object.entries(inputs).reverse()) as never), keys[0]);
});

t.test('a QEMU that is not there has no key', async (t) => {
  const lost = world(t, 'direct', 'world');
  lost.host.qemu.executable = '/nowhere/qemu';
  await t.rejects(keyOf(lost), { code: 'TAPBOOT_E_QEMU_MISSING', failureClass: 'infra' });
});

const at = { file: 'a.yaml', line: 3, column: 5 };
const base = { at, title: 'a step', always: false, timeoutMs: 1000 };
const run = (command: string, more: object = {}): Step => ({
  kind: 'run',
  ...base,
  command,
  expect: { exit: { oneOf: [0] } },
  ...more,
});

t.test('the key of a checkpoint: its parent, and the exact steps since', async (t) => {
  const file = join(t.testdir({ file: 'one' }), 'file');
  const copy: Step = {
    kind: 'copy',
    ...base,
    transfer: { direction: 'in', host: file, guest: '/x' },
  };
  const start = (environment: Record<string, string>): Step => ({
    kind: 'start',
    ...base,
    unit: 'u',
    action: 'start',
    ended: 'any',
    environment,
  });
  const steps = [run('a'), copy, start({ at: 'noon', title: 'x' })];
  const key = async (list: Step[], parent = 'p'): Promise<string> =>
    checkpointKey(parent, await keyedSteps(list, digest));
  const first = await key(steps);
  t.ok(isSnapshotKey(first));
  const cosmetic = { title: 'renamed', at: { ...at, line: 9 }, saveAs: 'here' };
  t.equal(await key([run('a', cosmetic), ...steps.slice(1)]), first, 'place and name');
  const others: [string, string][] = [
    ['the parent', await key(steps, 'q')],
    ['a command', await key([run('b'), ...steps.slice(1)])],
    ['an expectation', await key([run('a', { expect: { exit: 'any' } }), ...steps.slice(1)])],
    ['a timeout', await key([run('a', { timeoutMs: 2000 }), ...steps.slice(1)])],
    ['a channel', await key([run('a', { channel: 'ssh' }), ...steps.slice(1)])],
    ['the order', await key([copy, run('a'), ...steps.slice(2)])],
    ['a step less', await key(steps.slice(0, 2))],
    ['a variable called like a place', await key([...steps.slice(0, 2), start({ at: 'one' })])],
    ['a variable less', await key([...steps.slice(0, 2), start({ at: 'noon' })])],
  ];
  writeFileSync(file, 'two');
  others.push(['the content of a file copied in', await key(steps)]);
  const seen = new Set([first]);
  for (const [what, other] of others) {
    t.notOk(seen.has(other), what);
    seen.add(other);
  }
});
