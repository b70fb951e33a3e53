import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { CommandResult, RunOptions } from '../../../../driver/channel/channel.js';
import {
  collectDiagnostics,
  findOomKills,
  TEARDOWN,
  type DiagnosticSource,
} from '../../../../driver/machine/diagnostics/index.js';
import {
  LIST_AGENT_LOGS,
  LIST_FAILED_UNITS,
} from '../../../../driver/machine/diagnostics/diagnostic.js';
import { LocalMachine } from '../../steps/local-machine.js';

const OOM = '[   12.5] Out of memory: Killed process 321 (stress) total-vm:5kB, anon-rss:1kB';

/** Answers every command with what `answer` makes of it. */
function source(
  answer: (command: string) => Partial<CommandResult> | Error,
  power: 'on' | 'off' = 'on',
): DiagnosticSource & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    power,
    console: { tail: () => 'the last words\n' },
    run: (command: string, _options: RunOptions) => {
      asked.push(command);
      const given = answer(command);
      if (given instanceof Error) return Promise.reject(given);
      return Promise.resolve({
        channel: 'shell',
        command,
        stdout: '',
        stderr: '',
        stderrSeparate: true,
        exitStatus: 0,
        durationMs: 1,
        timedOut: false,
        dropped: { stdout: 0, stderr: 0 },
        ...given,
      });
    },
  };
}

const place = async (test: { teardown(fn: () => Promise<void>): unknown }): Promise<string> => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tapboot-diagnostics-'));
  test.teardown(() => rm(directory, { recursive: true, force: true }));
  return path.join(directory, 'diagnostics');
};

const read = (artifact: { path: string } | undefined): Promise<string> =>
  readFile(artifact?.path ?? '', 'utf8');

t.test('teardown: the kernel log and the agent’s logs, named and numbered', async (t) => {
  const directory = await place(t);
  const guest = source((command) => {
    if (command.includes('dmesg')) return { stdout: 'kernel line\n' };
    if (command === LIST_AGENT_LOGS)
      return { stdout: '/tmp/pre-nixos.log\n/tmp/pre-nixos-2.log\n' };
    if (command.startsWith('cat -- ')) return { stdout: `content of ${command}\n` };
    return new Error(`not expected: ${command}`);
  });
  const first = await collectDiagnostics(guest, TEARDOWN, directory);
  t.strictSame(
    first.map(({ label, path: file }) => [label, path.basename(file)]),
    [
      ['dmesg (post-test teardown)', 'dmesg-post-test-teardown-01.log'],
      ['pre-nixos log (post-test teardown)', 'pre-nixos-log-post-test-teardown-02.log'],
      ['pre-nixos-2 log (post-test teardown)', 'pre-nixos-2-log-post-test-teardown-03.log'],
    ],
  );
  t.equal(await read(first[0]), 'kernel line\n');
  t.equal(await read(first[1]), "content of cat -- '/tmp/pre-nixos.log'\n");
  const second = await collectDiagnostics(guest, TEARDOWN, directory);
  t.equal(
    path.basename(second[0]?.path ?? ''),
    'dmesg-post-test-teardown-04.log',
    'nothing is overwritten',
  );
});

t.test('failure: journals, storage, network; what a guest lacks is told', async (t) => {
  const directory = await place(t);
  const guest = source((command) => {
    if (command.includes('command -v mdadm')) return { exitStatus: 127 };
    if (command === LIST_FAILED_UNITS) return { stdout: 'pre-nixos.service\nother.service\n' };
    if (command.includes('blkid')) return { exitStatus: 2, stderr: 'odd' };
    return { stdout: command.includes('dmesg') ? `${OOM}\n` : 'secret x' };
  });
  const artifacts = await collectDiagnostics(guest, 'step 3 failed', directory, {
    redact: (text) => text.replaceAll('secret', '[redacted]'),
  });
  const labels = artifacts.map(({ label }) => label.replace(' (step 3 failed)', ''));
  for (const label of [
    'dmesg',
    'pre-nixos journal',
    'failed units',
    'systemctl status',
    'lsblk',
    'lvm',
    'ip addr',
    'mounts',
    'memory',
    'journal',
    'journal of other.service',
    'console tail',
    '1 process killed for want of memory: stress (321)',
  ]) {
    t.ok(labels.includes(label), label);
  }
  t.notOk(labels.includes('journal of pre-nixos.service'), 'it is there already');
  const file = (label: string) =>
    artifacts.find((artifact) => artifact.label.startsWith(`${label} (`));
  t.equal(await read(file('not collected')), 'mdadm: the guest has no such tool\n');
  t.equal(await read(file('blkid')), '[tapboot] stderr: odd\n[tapboot] exit status 2\n');
  t.equal(await read(file('lsblk')), '[redacted] x\n');
  t.equal(await read(file('console tail')), 'the last words\n');
});

t.test('a guest that is gone is asked once; the console is kept', async (t) => {
  const directory = await place(t);
  const guest = source(() => new Error('the shell is gone'));
  const artifacts = await collectDiagnostics(guest, 'step 1 failed', directory);
  t.equal(guest.asked.length, 1);
  t.strictSame(
    artifacts.map(({ label }) => label),
    ['console tail (step 1 failed)', 'not collected (step 1 failed)'],
  );
  t.match(
    await read(artifacts[1]),
    /^dmesg: the shell is gone\npre-nixos journal: not asked: the shell is gone\n/,
  );
});

t.test('a guest that does not answer is given up after two time-outs', async (t) => {
  const directory = await place(t);
  const guest = source(() => ({ timedOut: true, exitStatus: null }));
  const artifacts = await collectDiagnostics(guest, 'step 1 failed', directory, { timeoutMs: 50 });
  t.equal(guest.asked.length, 2);
  t.match(await read(artifacts.at(-1)), /^dmesg: no answer within 0.05 s\n/);
});

t.test('a machine that is off is not asked', async (t) => {
  const directory = await place(t);
  const guest = source(() => ({}), 'off');
  const artifacts = await collectDiagnostics(guest, TEARDOWN, directory);
  t.equal(guest.asked.length, 0);
  t.match(await read(artifacts[0]), 'dmesg: the machine is off\n');
});

t.test('a directory that cannot be made is no reason to fail', async (t) => {
  const directory = await place(t);
  await writeFile(path.dirname(directory) + '/file', '');
  const reasons: string[] = [];
  const artifacts = await collectDiagnostics(
    source(() => ({ stdout: 'x' })),
    TEARDOWN,
    path.dirname(directory) + '/file/below',
    { incomplete: (reason) => reasons.push(reason) },
  );
  t.strictSame(artifacts, []);
  t.match(reasons, [/ENOTDIR/], 'and reported');
});

t.test('OOM kills in a kernel log', (t) => {
  const log = [
    OOM,
    '[   13.0] Memory cgroup out of memory: Killed process 7 (a b) total-vm:1kB',
    '[   14.0] oom_reaper: reaped process 321 (stress), now anon-rss:0kB',
    '[   15.0] Out of memory and no killable processes...',
  ].join('\n');
  t.strictSame(findOomKills(log), [
    { pid: 321, name: 'stress' },
    { pid: 7, name: 'a b' },
  ]);
  t.end();
});

t.test('the commands run in a real shell', async (t) => {
  const directory = await place(t);
  const vm = await LocalMachine.create('vm', 'dash');
  t.teardown(() => vm[Symbol.asyncDispose]());
  await vm.program(
    'systemctl',
    '#!/bin/sh\ncase $* in *list-units*) echo "bad.service loaded failed" ;; *) echo "systemctl $*" ;; esac\n',
  );
  // The host's own disks are none of the test's business.
  for (const name of ['dmesg', 'lsblk', 'blkid', 'mdadm', 'pvs', 'vgs', 'lvs']) {
    await vm.program(name, `#!/bin/sh\necho "${name} $*"\n`);
  }
  await vm.program('journalctl', '#!/bin/sh\necho "journalctl $*"\n');
  const artifacts = await collectDiagnostics(vm, 'step 1 failed', directory);
  const file = (label: string) =>
    artifacts.find((artifact) => artifact.label.startsWith(`${label} (`));
  t.match(
    await read(file('journal of bad.service')),
    'journalctl --no-pager -o short-precise -b -u bad.service\n',
  );
  t.equal(await read(file('lvm')), 'pvs -a\nvgs \nlvs -a\n');
  t.match(await read(file('mounts')), / \/proc proc /);
});
