import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { plain } from '../../helpers/plain.js';
import t from 'tap';
import { guestDead, infraError } from '../../../driver/errors.js';
import type { DisksStep } from '../../../driver/steps/disks/schema.js';
import type { SshStep } from '../../../driver/steps/ssh/schema.js';
import type { Step } from '../../../driver/steps/step.js';
import { LocalMachine } from './local-machine.js';
import { base, play, run, stream } from './scenario-of.js';

const machine = async (test: {
  teardown(fn: () => Promise<void>): unknown;
}): Promise<LocalMachine> => {
  const vm = await LocalMachine.create();
  test.teardown(async () => {
    await vm.beside?.[Symbol.asyncDispose]();
    await vm[Symbol.asyncDispose]();
  });
  return vm;
};

t.test(
  'run: a command that its timeout kills is a failure of the product, with its output',
  async (t) => {
    const vm = await machine(t);
    const { summary, ends } = await play(vm, [run('echo so far; sleep 60', { timeoutMs: 300 })]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_COMMAND_TIMEOUT']);
    t.equal(
      ends[0]?.failure?.message,
      '`echo so far; sleep 60` did not end within 0.3 s and was killed in the guest',
    );
    t.equal(ends[0]?.failure?.output, 'stdout:\nso far');
    t.match(ends[0]?.commands, [{ timedOut: true, exitStatus: null, stdout: 'so far\n' }]);
  },
);

t.test('run: stdin, channel and limit reach the machine', async (t) => {
  const vm = await machine(t);
  const { summary, ends } = await play(vm, [
    run(
      'cat',
      { stdin: 'typed', channel: 'console' },
      { exit: 'any', stdout: stream({ equals: 'typed' }) },
    ),
    run('printf 1234567890', { outputLimit: 4 }),
  ]);
  t.strictSame(summary, ['1 passed', '2 passed']);
  t.equal(ends[0]?.commands[0]?.channel, 'console');
  t.strictSame(ends[1]?.notes, ['6 bytes of stdout beyond the output limit were not kept']);
});

t.test('run: what cannot be judged is no verdict on the product', async (t) => {
  const vm = await machine(t);
  const cut = { outputLimit: 4 };
  const judged = async (step: Step): Promise<string[]> => (await play(vm, [step])).summary;
  const clean = await judged(
    run('printf 1234567890', cut, { stdout: stream({ notContains: ['x'] }) }),
  );
  t.strictSame(clean, ['1 failed scenario TAPBOOT_E_OUTPUT_LIMIT']);
  const unseen = await judged(
    run('printf 1234567890', cut, { stdout: stream({ contains: ['90'] }) }),
  );
  t.strictSame(unseen, ['1 failed scenario TAPBOOT_E_OUTPUT_LIMIT']);
  const seen = await judged(
    run('printf 1234567890', cut, { stdout: stream({ notContains: ['12'] }) }),
  );
  t.strictSame(seen, ['1 failed product TAPBOOT_E_EXPECTATION'], 'it is there, whatever follows');
  const status = await judged(
    run('printf 1234567890; exit 1', cut, { stdout: stream({ notContains: ['x'] }) }),
  );
  t.strictSame(status, ['1 failed product TAPBOOT_E_EXPECTATION'], 'the exit status is decided');
  const mixed = await judged(
    run('true', { channel: 'console' }, { stderr: stream({ equals: '' }) }),
  );
  t.strictSame(mixed, ['1 failed scenario TAPBOOT_E_STDERR_NOT_SEPARATE']);
});

t.test('run: every mismatch is told', async (t) => {
  const vm = await machine(t);
  const { ends } = await play(vm, [
    run(
      'echo a; exit 2',
      {},
      { exit: { oneOf: [0, 1] }, stdout: stream({ contains: ['b', 'a'] }) },
    ),
  ]);
  t.equal(
    ends[0]?.failure?.message,
    '`echo a; exit 2`: 2 expectations did not hold: exit status, stdout contains',
  );
  t.match(ends[0]?.failure?.mismatches, [
    { what: 'exit status' },
    { what: 'stdout contains', expected: 'b', got: 'a' },
  ]);
});

const ssh = (command: string): SshStep => ({
  ...base(command),
  kind: 'ssh',
  command,
  expect: { exit: { oneOf: [0] }, stdout: stream({ equals: 'root' }) },
});

t.test('ssh: demands ssh, and takes its absence for a failure of the product', async (t) => {
  const vm = await machine(t);
  const held = await play(vm, [ssh('echo root')]);
  t.strictSame(held.summary, ['1 passed']);
  t.equal(held.ends[0]?.commands[0]?.channel, 'ssh');
  vm.sshFails = infraError('TAPBOOT_E_SSH_LOGIN', 'connection refused', { got: 'ECONNREFUSED' });
  const refused = await play(vm, [ssh('echo root')]);
  t.strictSame(refused.summary, ['1 failed product TAPBOOT_E_SSH_UNREACHABLE']);
  t.match(refused.ends[0]?.failure, {
    message: /connection refused/,
    mismatches: [{ got: 'ECONNREFUSED' }],
  });
  vm.sshFails = guestDead('TAPBOOT_E_SSH_LOST', 'connection closed');
  const closed = await play(vm, [ssh('echo root')]);
  t.strictSame(
    closed.summary,
    ['1 failed product TAPBOOT_E_SSH_UNREACHABLE'],
    'sshd went, the guest lives',
  );
  setTimeout(() => {
    vm.die();
  }, 50);
  t.strictSame((await play(vm, [ssh('echo root')])).summary, [
    '1 failed guest-dead TAPBOOT_E_GUEST_PANIC',
  ]);
});

t.test('ssh: a machine without network is a mistake of the scenario', async (t) => {
  const vm = await machine(t);
  vm.machine = { ...vm.machine, network: 'none' };
  t.strictSame((await play(vm, [ssh('true')])).summary, [
    '1 failed scenario TAPBOOT_E_SSH_WITHOUT_NETWORK',
  ]);
});

t.test('console: what is seen counts on from what was seen before', async (t) => {
  const vm = await machine(t);
  vm.consoleText = 'world\r\nlogin: ';
  const at = (line: number) => ({ file: 'scenario.yaml', line, column: 9 });
  const step = (look: string): Step => ({
    ...base('talk'),
    kind: 'console',
    exchanges: [
      { do: 'send', text: 'hello\r', at: at(101) },
      { do: 'expect', look: { pattern: { source: 'h(e)llo', flags: '' } }, at: at(102) },
      { do: 'expect', look: { text: look }, at: at(103) },
    ],
  });
  t.strictSame((await play(vm, [step('world')])).summary, ['1 passed']);
  t.ok(vm.calls.includes('send hello\r'));
  const { summary, ends } = await play(vm, [step('login: ')]);
  t.strictSame(
    summary,
    ['1 failed product TAPBOOT_E_CONSOLE_TIMEOUT'],
    'what was there before does not count',
  );
  t.equal(ends[0]?.failure?.at?.line, 103, 'the place is that of the exchange');
});

t.test('screenshot: a numbered PNG among the artifacts', async (t) => {
  const vm = await machine(t);
  const { ends } = await play(vm, [{ ...base('look'), kind: 'screenshot', picture: 'menu' }]);
  t.match(ends[0], {
    outcome: 'passed',
    artifacts: [{ label: 'screenshot menu', path: /\/01-menu\.png$/ }],
  });
  t.ok(vm.calls.includes('screenshot 01-menu.png'));
});

t.test('copy', async (t) => {
  const vm = await machine(t);
  const copy = (transfer: Extract<Step, { kind: 'copy' }>['transfer']): Step => ({
    ...base('copy'),
    kind: 'copy',
    transfer,
  });
  const { summary, result } = await play(vm, [
    copy({ direction: 'in', host: '/etc/hostname', guest: '/tmp/x' }),
    copy({ direction: 'out', guest: '/tmp/x', artifact: 'logs/x.txt' }),
  ]);
  t.strictSame(summary, ['1 passed', '2 passed']);
  const kept = path.join(vm.directory, 'artifacts', 'logs/x.txt');
  t.strictSame(result.artifacts, [{ label: 'logs/x.txt', path: kept }]);
  t.equal(await readFile(kept, 'utf8'), 'copied\n');
  const absent = await play(vm, [copy({ direction: 'in', host: '/nowhere/x', guest: '/x' })]);
  t.strictSame(absent.summary, ['1 failed scenario TAPBOOT_E_COPY_SOURCE']);
  for (const artifact of ['../x', '..', '.', '/etc/x']) {
    const { summary } = await play(vm, [copy({ direction: 'out', guest: '/x', artifact })]);
    t.strictSame(summary, ['1 failed scenario TAPBOOT_E_ARTIFACT_OUTSIDE'], artifact);
  }
});

t.test('reboot: from a disk, and what the new boot shows', async (t) => {
  const vm = await machine(t);
  vm.consoleText = 'Welcome to the installed system\n';
  const reboot = (text: string): Step => ({
    ...base('reboot'),
    kind: 'reboot',
    from: 'vda',
    expect: [{ text }],
  });
  t.strictSame((await play(vm, [reboot('installed')])).summary, ['1 passed']);
  t.strictSame(vm.calls, ['reboot vda']);
  t.strictSame((await play(vm, [reboot('other')])).summary, [
    '1 failed product TAPBOOT_E_CONSOLE_TIMEOUT',
  ]);
});

const disks = (more: Partial<DisksStep> = {}): DisksStep => ({
  ...base('disks', { timeoutMs: 20_000 }),
  kind: 'disks',
  level: 'content',
  disks: [{ disk: 'vdb', signatures: 'none', absent: ['residue-marker'], present: [] }],
  ...more,
});

/** 1 MiB with a marker at 300 000 and the label of a physical volume in its second sector. */
function dirtyDisk(): Buffer {
  const disk = Buffer.alloc(2 ** 20);
  disk.write('residue-marker', 300_000);
  return disk;
}

t.test('disks: a blank disk is clean, and the table of findings is kept', async (t) => {
  const vm = await machine(t);
  const { summary, ends } = await play(vm, [disks()]);
  t.strictSame(summary, ['1 passed']);
  t.strictSame(ends[0]?.notes, ['vdb (powered off): nothing found, blank']);
  t.match(
    await readFile(ends[0]?.artifacts[0]?.path ?? '', 'utf8'),
    /searched and not found: "residue-marker"/,
  );
  t.ok(vm.calls.includes('close view vdb'));
});

t.test('disks: residue fails with offset and kind; the level decides what counts', async (t) => {
  const vm = await machine(t);
  vm.disks.set('vdb', dirtyDisk());
  vm.viewState = 'unsynced';
  const { summary, ends } = await play(vm, [disks()]);
  t.strictSame(summary, ['1 failed product TAPBOOT_E_DISK_EXPECTATION']);
  t.match(ends[0]?.failure?.mismatches, [
    { what: /vdb \(NOT flushed.*absent: residue-marker/, got: /300000 \(0x493e0\)/ },
  ]);
  t.match(ends[0]?.notes, [/vdb \(NOT flushed.*300000 \(0x493e0\) bytes/]);
  t.ok(vm.calls.includes('close view vdb'), 'the views are closed all the same');
  const signatures = await play(vm, [disks({ level: 'signatures' })]);
  t.strictSame(signatures.summary, ['1 passed']);
  const nothing = await play(vm, [
    disks({
      level: 'signatures',
      disks: [{ disk: 'vdb', signatures: 'any', absent: ['x'], present: [] }],
    }),
  ]);
  t.match(nothing.ends[0]?.notes.at(-1), 'no expectation at level signatures');
  const present = await play(vm, [
    disks({
      disks: [
        {
          disk: 'vdb',
          signatures: 'any',
          absent: [],
          present: [{ bytes: 'residue-marker', offset: 300_000 }],
        },
      ],
    }),
  ]);
  t.strictSame(present.summary, ['1 passed']);
  const elsewhere = await play(vm, [
    disks({
      disks: [
        {
          disk: 'vdb',
          signatures: 'any',
          absent: [],
          present: [{ bytes: 'residue-marker', offset: 4096 }],
        },
      ],
    }),
  ]);
  t.strictSame(elsewhere.summary, ['1 failed product TAPBOOT_E_DISK_EXPECTATION']);
});

t.test('disks: resurrection runs the section in a second machine', async (t) => {
  const vm = await machine(t);
  const trial = (commands: string[]): DisksStep =>
    disks({
      resurrect: {
        plan: 'residue',
        section: 'resurrect',
        at: { file: 'scenario.yaml', line: 200, column: 3 },
        disks: ['vdb'],
        steps: commands.map((command) => run(command)),
        absent: ['vg_residue'],
        image: 'embedded',
      },
    });
  const on = await play(vm, [trial(['true'])]);
  t.strictSame(on.summary, ['1 failed scenario TAPBOOT_E_RESURRECT_RUNNING']);
  vm.power = 'off';
  const blank = await play(vm, [trial(['exit 9'])]);
  t.strictSame(blank.summary, ['1 passed']);
  t.match(blank.ends[0]?.notes, [/blank$/, 'resurrection: vdb blank: nothing to bring back']);
  t.equal(vm.beside, undefined, 'no machine for that');
  // One byte, the last one of all.
  vm.disks.set('vdb', Buffer.alloc(2 ** 20).fill(1, 2 ** 20 - 1));
  const nothing = await play(vm, [trial(['echo nothing', 'echo vg_residue >&2'])]);
  t.strictSame(nothing.summary, ['1 passed'], 'names on stderr do not count');
  t.ok(vm.calls.includes('boot beside vm-resurrect-1 vdb'));
  t.strictSame(vm.beside?.calls, ['run echo nothing', 'run echo vg_residue >&2', 'disposed']);
  t.equal(nothing.ends[0]?.commands.length, 2);
  const back = await play(vm, [trial(['echo; echo a vg_residue'])]);
  t.strictSame(back.summary, ['1 failed product TAPBOOT_E_DISK_EXPECTATION']);
  t.strictSame(plain(back.ends[0]?.failure?.mismatches), [
    {
      what: 'second machine, stdout of `echo; echo a vg_residue`',
      expected: 'no "vg_residue"',
      got: 'a vg_residue',
    },
  ]);
  const broken = await play(vm, [trial(['exit 9', 'echo never'])]);
  t.match(broken.ends[0]?.failure, { class: 'product', message: /^second machine: `exit 9`/ });
  t.strictSame(vm.beside?.calls, ['run exit 9', 'disposed']);
  const level = await play(vm, [{ ...trial(['exit 9']), level: 'signatures' }]);
  t.strictSame(level.summary, ['1 passed']);
});
