// The forms in which RAM is saved, on each QEMU that has them: what is restored is what was
// saved, machines share pages and never each other's traces, and the choice is a measured one.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import {
  convertRam,
  FormatVerdicts,
  RamFormats,
} from '../../driver/machine/snapshot/ram-format.js';
import type { Snapshot } from '../../driver/machine/snapshot/snapshot.js';
import type { RamFormat, SavedRam } from '../../driver/machine/snapshot/migration/formats.js';
import { identifyQemu, type QemuBinary } from '../../driver/machine/qemu/version.js';
import { contentOf } from '../../driver/snapshots/store/entry-files.js';
import { newerQemu } from '../helpers/newer-qemu.js';
import { qemuIn } from '../helpers/processes.js';
import { Place } from '../helpers/run-tapboot.js';
import { inSoak } from '../helpers/soak.js';
import { readyVm, testHost, testImage, testMachine, type TestHost } from '../helpers/vm-host.js';

t.setTimeout(20 * 60_000);

const PAGE_KB = 4;

async function said(vm: BootImageVM, command: string): Promise<string> {
  return (await vm.run(command, { timeoutMs: 120_000 })).stdout.trim();
}

const TRACES = 'cat /run/trace; head -c 6 /dev/vdb';
const write = (word: string): string =>
  `echo ${word} > /run/trace; printf ${word} | dd of=/dev/vdb conv=fsync`;

/** A saved machine whose RAM and disk say `before`; the machine itself has gone on. */
async function saved(t: Test, host: TestHost): Promise<Snapshot & { ram: SavedRam }> {
  return await savedFrom(await readyVm(t, host, testMachine(4096, 1536, 1536)));
}

/** A machine of no pool, which has a say in the form of its machines. */
async function booted(t: Test, host: TestHost): Promise<BootImageVM> {
  const parts = {
    name: 'direct',
    image: await testImage(),
    machine: testMachine(4096, 1536, 1536),
  };
  const vm = await BootImageVM.boot(host, parts);
  t.teardown(() => vm.close());
  await vm.settle();
  return vm;
}

async function savedFrom(vm: BootImageVM): Promise<Snapshot & { ram: SavedRam }> {
  await said(vm, write('before'));
  const state = await vm.save();
  await said(vm, write('after.'));
  await vm.close();
  if (state.ram === undefined) throw new Error('no RAM');
  return { ...state, ram: state.ram };
}

/** Kilobytes of a process's mapping of `file`, by the names of proc(5), smaps. */
function mapped(pid: number, file: string): Record<string, number> {
  const sections = readFileSync(`/proc/${String(pid)}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-)/m);
  const sum: Record<string, number> = {};
  for (const section of sections.filter((text) => text.includes(file))) {
    for (const [, name = '', value] of section.matchAll(/^(\w+):\s+(\d+) kB$/gm)) {
      sum[name] = (sum[name] ?? 0) + Number(value);
    }
  }
  return sum;
}

/** What holds for a snapshot in one form. */
async function isWhole(t: Test, host: TestHost, state: Snapshot & { ram: SavedRam }) {
  const { form, file, pages } = state.ram;
  t.ok(state.ram.bytes > 1024 * 1024, `${String(state.ram.bytes)} bytes`);
  for (const path of pages === undefined ? [file] : [file, pages]) {
    t.equal(statSync(path).mode & 0o077, 0, `${path} is private`);
  }
  const before = await contentOf(pages ?? file, true);
  const pair = await Promise.all(
    ['one', 'two'].map((name) => BootImageVM.restore(host, `${form}-${name}`, state, true)),
  );
  for (const vm of pair) t.teardown(() => vm.close());
  const [one, two] = pair as [BootImageVM, BootImageVM];
  t.equal(await said(one, TRACES), 'before\nbefore', 'as it was saved');
  await said(one, `${write('mine..')}; head -c 30000000 /dev/urandom > /run/filler`);
  t.equal(await said(two, TRACES), 'before\nbefore', 'no trace of the other');
  if (pages !== undefined) {
    for (const pid of qemuIn(host.workspace)) {
      const kb = mapped(pid, pages);
      t.comment(`${form}: ${JSON.stringify(kb)}`);
      // Dirty is what the host has not yet written to its disk, since the file is new.
      const { Shared_Clean: clean = 0, Shared_Dirty: dirty = 0, Rss: resident = 0 } = kb;
      t.ok(clean + dirty > 1024 * PAGE_KB, 'pages are in the host’s memory once');
      t.ok((kb['Anonymous'] ?? 0) <= resident - clean - dirty, 'what it writes is its own');
    }
  }
  await one.checkpoint('here');
  await Promise.all(pair.map((vm) => vm.close()));
  t.same(await contentOf(pages ?? file, true), before, 'the saved RAM is what it was');
  const checkpoint = one.checkpoints.get('here');
  if (checkpoint === undefined) return t.fail('no checkpoint');
  await using third = await BootImageVM.restore(host, `${form}-third`, checkpoint, true);
  t.equal(await said(third, TRACES), 'mine..\nmine..', 'a machine restored from it can be saved');
}

const QEMUS: [string, () => Promise<QemuBinary>, RamFormat[]][] = [
  ['the host’s QEMU', () => identifyQemu(), ['stream', 'shared-ram']],
  ['QEMU 9 or later', newerQemu, ['stream', 'mapped-ram', 'shared-ram']],
];

for (const [what, find, forms] of QEMUS) {
  const test = forms.includes('mapped-ram') ? inSoak.bind(undefined, t) : t.test.bind(t);
  await test(what, async (t) => {
    const host = { ...(await testHost(t)), qemu: await find() };
    t.comment(host.qemu.version);
    // A QEMU that can save in another form at once does so for a pool, once that was measured.
    const state = forms.includes('mapped-ram')
      ? await savedFrom(await booted(t, host))
      : await saved(t, host);
    t.equal(state.ram.form, 'stream');
    const into = join(host.workspace, 'forms');
    mkdirSync(into);
    for (const form of forms) {
      await t.test(form, async (t) => {
        const ram =
          form === 'stream'
            ? state.ram
            : await convertRam(host, state, form, { into, name: `to-${form}` });
        t.equal(ram.form, form);
        await isWhole(t, host, { ...state, ram });
      });
    }
    t.notMatch(host.lines.join('\n'), /deprecated/, 'nothing that QEMU will take away');
    if (!forms.includes('mapped-ram') && host.qemu.major < 9) {
      const place = { into, name: 'too-old' };
      await t.rejects(convertRam(host, state, 'mapped-ram', place), {
        code: 'TAPBOOT_E_RAM_FORM',
        failureClass: 'infra',
        details: { got: /does not support the RAM format mapped-ram: .*version/ },
      });
    } else {
      await t.test('a machine is saved as mapped-ram at once', async (t) => {
        const direct = { ...host, directFormat: () => 'mapped-ram' as const };
        const own = await savedFrom(await booted(t, direct));
        t.equal(own.ram.form, 'mapped-ram');
        await isWhole(t, direct, own);
      });
    }
    t.same(qemuIn(host.workspace), [], 'no process is left');
  });
}

t.test('what is fastest is measured once, and remembered', async (t) => {
  const host = await testHost(t);
  const cache = join(host.workspace, 'cache');
  const state = await saved(t, host);
  const { memoryBytes } = state.machine;
  const forms = new RamFormats('auto', cache);

  await forms.suit(host, { ...state }, 1);
  const verdicts = new FormatVerdicts(cache);
  t.equal(await verdicts.read(host, memoryBytes), undefined, 'for one restore nothing is measured');

  const kept = { ...state };
  await forms.suit(host, kept, Number.POSITIVE_INFINITY);
  const verdict = await verdicts.read(host, memoryBytes);
  if (verdict === undefined) return t.fail('nothing was measured');
  const stream = verdict.forms.stream?.restore ?? 0;
  const shared = verdict.forms['shared-ram']?.restore ?? 0;
  t.ok(stream > 0 && shared > 0, 'both were');
  t.equal(kept.ram.form, shared < stream ? 'shared-ram' : 'stream', 'the faster one is taken');
  t.match(host.lines.join('\n'), /RAM formats: stream restores in .*fastest is/);
  t.same(
    host.events.filter(({ type }) => type === 'vm:start').length,
    1,
    'the machines that were measured are in no record',
  );
  t.same(qemuIn(host.workspace), [], 'nor do they run any more');

  // A verdict that says otherwise is followed, and not measured again.
  const told = {
    ...verdict,
    forms: { stream: { restore: 2, convert: 0 }, 'shared-ram': { restore: 1, convert: 5 } },
  };
  await verdicts.write(host, memoryBytes, told);
  const four = { ...state };
  await new RamFormats('auto', cache).suit(host, four, 4);
  t.equal(four.ram.form, 'stream', 'four restores do not pay for the conversion');
  const six = { ...state };
  await new RamFormats('auto', cache).suit(host, six, 6);
  t.equal(six.ram.form, 'shared-ram', 'six do');
  await verdicts.write(host, memoryBytes, {
    ...told,
    forms: { stream: { restore: 1, convert: 0 }, 'shared-ram': { restore: 2, convert: 0 } },
  });
  const slower = { ...state };
  await new RamFormats('auto', cache).suit(host, slower, Number.POSITIVE_INFINITY);
  t.equal(slower.ram.form, 'stream', 'nothing pays for what is slower');
  await verdicts.write(host, 2 * memoryBytes, told);
  t.same((await verdicts.read(host, memoryBytes))?.forms.stream?.restore, 1, 'each size its own');

  await t.test('a conversion that fails is said, and changes nothing', async (t) => {
    const broken = join(host.workspace, 'qemu');
    writeFileSync(broken, '#!/bin/sh\necho out of order >&2; exit 3\n', { mode: 0o755 });
    const other = { ...host, qemu: { ...host.qemu, executable: broken } };
    const same = { ...state };
    await new RamFormats('shared-ram', cache).suit(other, same, 1);
    t.equal(same.ram, state.ram);
    const said = host.events.flatMap((event) => (event.type === 'notice' ? event.message : []));
    t.match(
      said.join('\n'),
      /stays a stream: [^]*not converted to the RAM format shared-ram[^]*out of order/,
    );
  });
});

t.test('a form that the QEMU at hand does not have, and one that there is not', async (t) => {
  const place = await Place.make(t, { states: 'none' });
  const scenario = 'configures-network';
  const own = await identifyQemu();
  if (own.major < 9) {
    const end = await place.run(['run', scenario], { env: { TAPBOOT_RAM_FORMAT: 'mapped-ram' } });
    t.equal(end.code, 4, end.told);
    t.match(end.stdout + end.stderr, /does not support the RAM format mapped-ram/);
    t.match(end.stdout + end.stderr, /TAPBOOT_RAM_FORMAT=auto/, 'what to do next');
  }
  const wrong = await place.run(['run', scenario], { env: { TAPBOOT_RAM_FORMAT: 'fast' } });
  t.equal(wrong.code, 2, wrong.told);
  t.match(wrong.stderr, /TAPBOOT_RAM_FORMAT[^]*stream/);
  await place.expectNothingLeft(t);
});

await inSoak(t, 'the command line keeps shared RAM, and restores from it', async (t) => {
  const place = await Place.make(t, { states: 'none' });
  const directory = mkdtempSync(join(tmpdir(), 'tb-'));
  t.teardown(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const file = join(directory, 'lives.yaml');
  writeFileSync(
    file,
    `version: 1\nname: It lives\nmachine: { memory: 512M, disks: { vda: 64M } }\nsteps:\n  - run: test ! -e /run/trace && touch /run/trace\n`,
  );
  const env = { TAPBOOT_RAM_FORMAT: 'shared-ram' };
  const first = await place.run(['run', file], { env });
  t.equal(first.code, 0, first.stdout);
  const second = await place.run(['run', file], { env });
  t.equal(second.code, 0, second.stdout);
  t.match(second.stdout, /restored from [0-9a-f]{32}, booted at .* in an earlier run/);
  const log = readFileSync(join(second.runDirectory ?? '', 'logs/harness.log'), 'utf8');
  t.match(log, /memory-backend-file,id=pc\.ram,mem-path=[^ ]*ram\.state,size=512M,share=off/);
  await place.expectNothingLeft(t);
});
