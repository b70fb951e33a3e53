import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { readConfig } from '../../../driver/config/config.js';
import type { Flags } from '../../../driver/config/settings-table.js';
import type { RunEvent } from '../../../driver/events/events.js';
import { EventStream } from '../../../driver/events/stream.js';
import { RunRecord } from '../../../driver/record/run-record.js';
import { prepare, type Prepared } from '../../../driver/run/prepare.js';
import { projectRoot } from '../../helpers/vm-host.js';
import { KERNEL, StandIns } from './stand-in-tools.js';

/** Where KVM cannot be opened, nothing is probed. */
const NO_KVM = { skip: existsSync('/dev/kvm') ? false : 'this host has no /dev/kvm' } as const;

/** One preparation of a run. */
interface Attempt {
  events: RunEvent[];
  /** The phase that failed first. */
  failed: string[];
  end: Promise<Prepared>;
}

/** Prepares a run as `tapboot run` does, with files of its own. */
async function attempt(t: Test, signal: AbortSignal, flags: Flags = {}): Promise<Attempt> {
  const directory = await mkdtemp(join(tmpdir(), 'tp-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const workspace = join(directory, 'w');
  await mkdir(workspace);
  const config = readConfig({}, { image: 'debian:fast,agent=none', ...flags }, projectRoot);
  const record = await RunRecord.open({
    logRoot: join(directory, 'notes'),
    ledgerPath: undefined,
    workingDirectory: projectRoot,
    command: ['test'],
    environment: {},
    timeouts: { spawnSeconds: 1, loginSeconds: 1 },
    sessionCeilingSeconds: 1,
  });
  const events = new EventStream((error) => {
    throw error;
  });
  const seen: RunEvent[] = [];
  events.add({ handle: (event) => seen.push(event) });
  const request = {
    config,
    signal,
    projectRoot,
    cacheDirectory: join(directory, 'cache'),
    workingDirectory: projectRoot,
    environment: {},
  };
  const failed: string[] = [];
  const log = (line: string): void => {
    t.comment(line);
  };
  const end = prepare({ request, record, events, log }, workspace, (phase) => failed.push(phase));
  // Some tests wait for something else first.
  end.catch(() => undefined);
  return { events: seen, failed, end };
}

/** Begin and end of what goes on, and what was found. */
const told = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) => {
    if (event.type === 'phase:start') return [`${event.phase} begins`];
    if (event.type === 'phase:end') return [`${event.phase} ends`];
    return event.type === 'image' || event.type === 'accelerator' ? [event.type] : [];
  });

const never = new AbortController().signal;

/** Waits for what the programs do, which is no event of ours; throws when all has ended before. */
async function until(tools: StandIns, end: Promise<unknown>, ...names: string[]): Promise<void> {
  const state = { ended: false };
  const note = (): void => {
    state.ended = true;
  };
  end.then(note, note);
  while (!names.every((name) => tools.has(name))) {
    if (state.ended) throw new Error(`it ended without ${names.join(', ')}`);
    await sleep(20);
  }
}

t.test('KVM is probed while the image is being built', NO_KVM, async (t) => {
  const tools = new StandIns(t, {
    // Each waits for the other: one behind the other they would never end.
    mmdebstrap: 'await_file probing-kvm',
    kvm: 'await_file installed',
    tcg: '',
  });
  const { events, end } = await attempt(t, never);
  const { image, host } = await end;
  t.match(host.accelerator, { name: 'kvm', remembered: false });
  t.ok(tools.file('kernel-of-kvm').equals(KERNEL), 'with the kernel of the image');
  t.equal(image.cached, false);
  const order = told(events);
  t.strictSame(order.slice(0, 2), ['build begins', 'setup begins']);
  t.ok(order.indexOf('build ends') < order.indexOf('image'));
  t.equal(order.at(-1), 'accelerator', 'told last, whichever of the two takes longer');
  t.equal(order.length, 6);
  t.strictSame(tools.running(), []);
});

t.test(
  'a probe that fails is checked with the kernel of an image that is there by then',
  NO_KVM,
  async (t) => {
    const tools = new StandIns(t, {
      mmdebstrap: 'await_file probing-kvm',
      kvm: 'await_file installed; echo "KVM: no" >&2; exit 1',
      tcg: '',
    });
    const { end } = await attempt(t, never);
    const { host } = await end;
    t.match(host.accelerator, {
      name: 'tcg',
      reasons: ['KVM refused: QEMU ended (status 1) before user space ran: KVM: no', /TCG/],
    });
    t.ok(tools.file('kernel-of-tcg').equals(KERNEL));
  },
);

t.test('nobody waits for a kernel where nothing is to be probed', async (t) => {
  const tools = new StandIns(t, { mmdebstrap: '', kvm: 'exit 1', tcg: 'exit 1' });
  const { events, end } = await attempt(t, never, { accel: 'tcg' });
  t.match((await end).host.accelerator, { name: 'tcg', reasons: ['TCG: asked for'] });
  t.strictSame(told(events), ['build begins', 'build ends', 'image', 'accelerator']);
  t.notOk(tools.has('probing-tcg'));
});

t.test('a build that fails ends the probe, and is told', NO_KVM, async (t) => {
  const tools = new StandIns(t, {
    mmdebstrap: 'await_file probing-kvm; echo "no such package" >&2; exit 1',
    kvm: 'await_file never',
    tcg: '',
  });
  const { failed, end } = await attempt(t, never);
  await t.rejects(end, {
    code: 'TAPBOOT_E_IMAGE_BUILD',
    message: /ended with status 1/,
    details: { output: /no such package/ },
  });
  t.strictSame(failed, ['build']);
  t.strictSame(tools.running(), []);
});

t.test('KVM that is demanded and refused ends the build, and is told', NO_KVM, async (t) => {
  const tools = new StandIns(t, {
    mmdebstrap: 'await_file never',
    kvm: 'await_file installing; exit 1',
    tcg: '',
  });
  const { failed, end } = await attempt(t, never, { accel: 'kvm' });
  await t.rejects(end, { code: 'TAPBOOT_E_KVM_UNUSABLE', details: { got: /^KVM refused: QEMU/ } });
  t.strictSame(failed, ['setup']);
  t.ok(tools.has('installing') && !tools.has('installed'), 'the image was being built');
  t.strictSame(tools.running(), []);
});

t.test('a QEMU that is missing is told before an image is built', async (t) => {
  const tools = new StandIns(t, { mmdebstrap: 'await_file never', kvm: '', tcg: '' });
  await writeFile(join(tools.directory, 'bin/qemu-system-x86_64'), '#!/bin/sh\nexit 1\n');
  const { failed, end } = await attempt(t, never);
  await t.rejects(end, { code: 'TAPBOOT_E_QEMU_MISSING' });
  t.strictSame(failed, ['setup']);
  t.strictSame(tools.running(), []);
});

t.test('an interrupt ends both', NO_KVM, async (t) => {
  const tools = new StandIns(t, {
    mmdebstrap: 'await_file never',
    kvm: 'await_file never',
    tcg: '',
  });
  const interrupt = new AbortController();
  const { end } = await attempt(t, interrupt.signal);
  await until(tools, end, 'installing', 'probing-kvm');
  t.equal(tools.running().length, 2);
  interrupt.abort('SIGTERM');
  await t.rejects(end, { code: 'TAPBOOT_E_INTERRUPTED', message: 'interrupted by SIGTERM' });
  t.strictSame(tools.running(), []);
});
