import { appendFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import t from 'tap';
import type { StartStep, WaitCondition } from '../../../driver/scenario/model.js';
import { LocalMachine } from './local-machine.js';
import { base, play, run, stream, wait } from './scenario-of.js';
import {
  startUnitScript,
  waitForUnitScript,
} from '../../../driver/steps/guest-scripts/unit-state.js';
import { waitForPortScript } from '../../../driver/steps/guest-scripts/network.js';

/**
 * A systemctl of one unit, whose properties lie in a file. `start` and `restart` run a hook
 * that changes them.
 */
const SYSTEMCTL = (directory: string): string => `#!/bin/sh
cd ${directory}
printf '%s\\n' "$*" >>systemctl.log
case $1 in
  show)
    for last; do :; done
    if [ -e "$last" ]; then
      case "$*" in *--value*) sed -n 's/^InvocationID=//p' "$last" ;; *) cat "$last" ;; esac
    else echo LoadState=not-found; echo ActiveState=inactive; fi ;;
  start|restart) [ ! -e hook ] || . ./hook ;;
  status) echo "status of the unit" ;;
  list-unit-files) echo 'demo.service enabled'; echo 'other.service enabled' ;;
esac
`;

interface Guest {
  vm: LocalMachine;
  set(properties: Record<string, string>): Promise<void>;
  /** Shell text that `systemctl start` runs; `set K=V …` changes the unit. */
  hook(text: string): Promise<void>;
  log(): Promise<string>;
}

const BEFORE_RUN = {
  LoadState: 'loaded',
  ActiveState: 'inactive',
  SubState: 'dead',
  Result: 'success',
  InvocationID: '',
  InactiveEnterTimestampMonotonic: '0',
  ExecMainExitTimestampMonotonic: '0',
};
const ENDED = {
  ...BEFORE_RUN,
  InvocationID: 'aaaa',
  InactiveEnterTimestampMonotonic: '5000000',
  ExecMainExitTimestampMonotonic: '5000000',
};

for (const shell of ['bash', 'dash'] as const) {
  const guest = async (test: { teardown(fn: () => Promise<void>): unknown }): Promise<Guest> => {
    const vm = await LocalMachine.create('vm', shell);
    test.teardown(() => vm[Symbol.asyncDispose]());
    const unit = path.join(vm.directory, 'demo.service');
    await vm.program('systemctl', SYSTEMCTL(vm.directory));
    await vm.program('journalctl', '#!/bin/sh\necho "journal of the unit"\n');
    const write = (properties: Record<string, string>): string =>
      Object.entries(properties)
        .map(([key, value]) => `${key}=${value}\n`)
        .join('');
    const set = async (properties: Record<string, string>): Promise<void> => {
      // In one go, as systemd answers: a reader never sees half of it.
      await writeFile(`${unit}.new`, write(properties));
      const { rename } = await import('node:fs/promises');
      await rename(`${unit}.new`, unit);
    };
    return {
      vm,
      set,
      hook: (text) => writeFile(path.join(vm.directory, 'hook'), text),
      log: () => readFile(path.join(vm.directory, 'systemctl.log'), 'utf8'),
    };
  };
  const ended = (
    more: Partial<Extract<WaitCondition, { what: 'unit-ended' }>> = {},
  ): WaitCondition => ({
    what: 'unit-ended',
    unit: 'demo.service',
    ended: 'inactive',
    since: 'boot',
    ...more,
  });
  const start = (more: Partial<StartStep> = {}): StartStep => ({
    ...base('start'),
    kind: 'start',
    unit: 'demo.service',
    action: 'restart',
    ended: 'inactive',
    environment: {},
    ...more,
  });

  t.test(`${shell}: inactive before it ever ran is not an end`, async (t) => {
    const { vm, set } = await guest(t);
    await set(BEFORE_RUN);
    const { summary, ends } = await play(vm, [wait(ended(), { timeoutMs: 500 })]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_WAIT_TIMEOUT']);
    t.match(
      ends[0]?.failure?.message,
      'waited 0.5 s for demo.service to end; it is inactive (dead) and has not run',
    );
    t.match(ends[0]?.failure?.output, /status of the unit[\s\S]*journal of the unit/);
  });

  t.test(`${shell}: the wait ends when the unit has run`, async (t) => {
    const { vm, set } = await guest(t);
    await set({ ...BEFORE_RUN, ActiveState: 'activating', InvocationID: 'aaaa' });
    const playing = play(vm, [wait(ended())]);
    setTimeout(() => void set(ENDED), 300);
    const { summary, ends } = await playing;
    t.strictSame(summary, ['1 passed']);
    t.strictSame(ends[0]?.notes, ['demo.service: inactive (dead)']);
    t.equal(ends[0]?.commands.length, 1, 'one command in the guest did all the waiting');
  });

  t.test(`${shell}: failed ends the wait at once, as a failure with its journal`, async (t) => {
    const { vm, set } = await guest(t);
    await set({
      ...ENDED,
      ActiveState: 'failed',
      SubState: 'failed',
      Result: 'exit-code',
      ExecMainCode: '1',
      ExecMainStatus: '7',
    });
    const { summary, ends } = await play(vm, [wait(ended(), { timeoutMs: 30_000 })]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_UNIT_FAILED']);
    t.strictSame(ends[0]?.failure?.mismatches, [
      {
        what: 'end of demo.service',
        expected: 'inactive',
        got: 'failed (failed), result exit-code, exit status 7',
      },
    ]);
    t.match(ends[0]?.failure?.output, 'journal of the unit');
  });

  t.test(`${shell}: ended: failed and ended: any`, async (t) => {
    const { vm, set } = await guest(t);
    await set({ ...ENDED, ActiveState: 'failed' });
    const failed = await play(vm, [
      wait(ended({ ended: 'failed' })),
      wait(ended({ ended: 'any' })),
    ]);
    t.strictSame(failed.summary, ['1 passed', '2 passed']);
    await set(ENDED);
    const inactive = await play(vm, [wait(ended({ ended: 'failed' }))]);
    t.strictSame(inactive.summary, ['1 failed product TAPBOOT_E_UNIT_ENDED']);
  });

  t.test(`${shell}: a unit that is not there fails at once and names near ones`, async (t) => {
    const { vm } = await guest(t);
    const { summary, ends } = await play(vm, [
      wait(ended({ unit: 'dmo.service' }), { timeoutMs: 60_000 }),
    ]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_UNIT_NOT_FOUND']);
    t.strictSame(ends[0]?.failure?.mismatches, [
      { what: 'expectation', expected: 'a unit dmo.service', got: 'similar: demo.service' },
    ]);
  });

  t.test(`${shell}: a masked unit fails at once`, async (t) => {
    const { vm, set } = await guest(t);
    await set({ ...BEFORE_RUN, LoadState: 'masked' });
    const { summary } = await play(vm, [wait(ended(), { timeoutMs: 60_000 })]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_UNIT_NOT_LOADED']);
  });

  t.test(`${shell}: active, and failed instead of active`, async (t) => {
    const { vm, set } = await guest(t);
    const active: WaitCondition = { what: 'unit-active', unit: 'demo.service' };
    await set({ ...BEFORE_RUN, ActiveState: 'activating' });
    const playing = play(vm, [wait(active)]);
    setTimeout(() => void set({ ...BEFORE_RUN, ActiveState: 'active' }), 300);
    t.strictSame((await playing).summary, ['1 passed']);
    await set({ ...ENDED, ActiveState: 'failed' });
    t.strictSame((await play(vm, [wait(active, { timeoutMs: 60_000 })])).summary, [
      '1 failed product TAPBOOT_E_UNIT_FAILED',
    ]);
    await set({ ...ENDED, ActiveState: 'failed', Job: '12' });
    const queued = await play(vm, [wait(active, { timeoutMs: 500 })]);
    t.strictSame(
      queued.summary,
      ['1 failed product TAPBOOT_E_WAIT_TIMEOUT'],
      'a queued start may still come',
    );
  });

  t.test(
    `${shell}: since step: the run before the step that started it does not count`,
    async (t) => {
      const { vm, set } = await guest(t);
      await set(ENDED);
      const stale = await play(vm, [
        run('true'),
        wait(ended({ since: 'step' }), { timeoutMs: 500 }),
      ]);
      t.strictSame(stale.summary, ['1 passed', '2 failed product TAPBOOT_E_WAIT_TIMEOUT']);
      const unit = path.join(vm.directory, 'demo.service');
      const again = await play(vm, [
        run(`sed -i s/aaaa/bbbb/ ${unit}`),
        wait(ended({ since: 'step' })),
        wait(ended({ since: 'step' })),
      ]);
      t.strictSame(again.summary, ['1 passed', '2 passed', '3 passed']);
    },
  );

  t.test(`${shell}: start waits for the end of this very run`, async (t) => {
    const { vm, set, hook, log } = await guest(t);
    await set(ENDED);
    await hook(`
sed -e s/aaaa/bbbb/ -e s/=inactive/=active/ demo.service >n && mv n demo.service
(sleep 0.5; sed s/=active/=inactive/ demo.service >n2 && mv n2 demo.service) >/dev/null 2>&1 &`);
    const { summary, ends } = await play(vm, [
      start({ environment: { A: "it's", B: '1' } }),
      wait(ended({ since: 'step' })),
    ]);
    t.strictSame(summary, ['1 passed', '2 passed']);
    t.strictSame(
      ends[0]?.commands.map(({ command }) => command),
      [
        `systemctl set-environment 'A=it'\\''s' 'B=1'`,
        'systemctl restart demo.service, and wait for its end',
        `systemctl unset-environment 'A' 'B'`,
      ],
    );
    t.match(await log(), /^set-environment A=it's B=1$/m);
  });

  t.test(
    `${shell}: start: the unit fails; the environment is taken back all the same`,
    async (t) => {
      const { vm, set, hook, log } = await guest(t);
      await set(ENDED);
      await hook(`sed -e s/aaaa/bbbb/ -e s/=inactive/=failed/ demo.service >n && mv n demo.service
echo 'Job for demo.service failed' >&2; exit 1`);
      const { summary } = await play(vm, [start({ environment: { A: '1' } })]);
      t.strictSame(summary, ['1 failed product TAPBOOT_E_UNIT_FAILED']);
      t.match(await log(), /^unset-environment A$/m);
      t.strictSame((await play(vm, [start({ ended: 'failed' })])).summary, [
        // The hook finds no aaaa any more: the run is the one before.
        '1 failed product TAPBOOT_E_UNIT_NOT_STARTED',
      ]);
    },
  );

  t.test(`${shell}: start: a unit that does not run is no end`, async (t) => {
    const { vm, set, hook } = await guest(t);
    await set(ENDED);
    await hook('exit 1');
    t.strictSame((await play(vm, [start()])).summary, [
      '1 failed product TAPBOOT_E_UNIT_NOT_STARTED',
    ]);
    await hook('exit 0');
    t.strictSame((await play(vm, [start()])).summary, [
      '1 failed product TAPBOOT_E_UNIT_NOT_STARTED',
    ]);
    await set({ ...ENDED, ConditionResult: 'no', ConditionTimestampMonotonic: '77' });
    t.strictSame((await play(vm, [start()])).summary, ['1 failed product TAPBOOT_E_UNIT_SKIPPED']);
    await set({ ...ENDED, ActiveState: 'active' });
    t.strictSame((await play(vm, [start({ action: 'start' })])).summary, [
      '1 failed scenario TAPBOOT_E_UNIT_RUNNING',
    ]);
  });

  t.test(`${shell}: start: a unit that was unloaded goes by its job`, async (t) => {
    const { vm, set, hook } = await guest(t);
    await set(BEFORE_RUN);
    await hook('exit 0');
    const { summary, ends } = await play(vm, [start()]);
    t.strictSame(summary, ['1 passed']);
    t.match(ends[0]?.notes, [/unloaded/]);
    await hook('exit 1');
    t.strictSame((await play(vm, [start()])).summary, [
      '1 failed product TAPBOOT_E_UNIT_NOT_STARTED',
    ]);
  });

  t.test(`${shell}: start: a unit that hangs`, async (t) => {
    const { vm, set, hook } = await guest(t);
    await set(ENDED);
    await hook(
      `sed -e s/aaaa/bbbb/ -e s/=inactive/=activating/ demo.service >n && mv n demo.service; sleep 60`,
    );
    const { summary, ends } = await play(vm, [start({ timeoutMs: 700 })]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_WAIT_TIMEOUT']);
    t.match(
      ends[0]?.failure?.message,
      'waited 0.7 s for demo.service to run and end; it is activating',
    );
  });

  t.test(`${shell}: a guest without systemctl is a mistake of the scenario`, async (t) => {
    const { vm } = await guest(t);
    const script = waitForUnitScript('demo.service', { until: 'ended' });
    const result = await vm.run(`PATH=/nonexistent; ${script}`, { timeoutMs: 5000 });
    t.equal(result.exitStatus, 69);
    await rm(path.join(vm.directory, 'bin', 'systemctl'));
    await vm.program('systemctl', '#!/bin/sh\nexit 69\n');
    vm.run = () => Promise.resolve({ ...result });
    t.strictSame((await play(vm, [wait(ended())])).summary, [
      '1 failed scenario TAPBOOT_E_NO_SYSTEMD',
    ]);
  });

  t.test(`${shell}: the link of a running unit hastens the look`, async (t) => {
    const { vm, set, log } = await guest(t);
    const links = path.join(vm.directory, 'links');
    await mkdir(links);
    await symlink('aaaa', path.join(links, 'invocation:demo.service'));
    await set({ ...BEFORE_RUN, ActiveState: 'activating', InvocationID: 'aaaa' });
    const waiting = vm.run(waitForUnitScript('demo.service', { until: 'ended' }, links), {
      timeoutMs: 20_000,
    });
    setTimeout(() => {
      void set(ENDED).then(() => rm(path.join(links, 'invocation:demo.service')));
    }, 450);
    const result = await waiting;
    t.equal(result.exitStatus, 0);
    t.match(result.stdout, /^InvocationID=aaaa$/m);
    const looks = (await log()).split('\n').filter((entry) => entry.startsWith('show')).length;
    t.equal(looks, 2, 'one look at the beginning, one when the link went');
  });

  t.test(`${shell}: scripts are well-formed whatever the unit is called`, async (t) => {
    const { vm } = await guest(t);
    for (const script of [
      startUnitScript("a'b $(x)", 'start'),
      waitForUnitScript("a'b $(x)", { until: 'active' }),
    ]) {
      const { exitStatus, stdout } = await vm.run(script, { timeoutMs: 5000 });
      t.equal(exitStatus, 0);
      t.match(stdout, /LoadState=not-found/);
    }
  });

  t.test(`${shell}: file: exists, contains, matches`, async (t) => {
    const { vm } = await guest(t);
    const file = path.join(vm.directory, "it's a file");
    const condition: WaitCondition = {
      what: 'file',
      path: file,
      contains: ['STATE=', 'DETAIL'],
      matches: [{ source: '^STATE=applied$', flags: 'm' }],
    };
    const playing = play(vm, [wait(condition)]);
    setTimeout(() => void writeFile(file, 'STATE=plan\nDETAIL=x\n'), 200);
    setTimeout(() => void writeFile(file, 'STATE=applied\nDETAIL=x\n'), 700);
    t.strictSame((await playing).summary, ['1 passed']);
    await writeFile(file, 'STATE=failed\n');
    const { summary, ends } = await play(vm, [wait(condition, { timeoutMs: 500 })]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_WAIT_TIMEOUT']);
    t.match(ends[0]?.failure?.output, 'STATE=failed');
    const gone = await play(vm, [wait({ ...condition, path: '/nowhere/x' }, { timeoutMs: 300 })]);
    t.match(gone.ends[0]?.failure?.mismatches, [{ got: 'no such file' }]);
    const directory: WaitCondition = {
      what: 'file',
      path: vm.directory,
      contains: [],
      matches: [],
    };
    t.strictSame((await play(vm, [wait(directory)])).summary, ['1 passed']);
  });

  t.test(
    `${shell}: file: a pattern that the first content does not match is waited for`,
    async (t) => {
      const { vm } = await guest(t);
      const file = path.join(vm.directory, 'f');
      await writeFile(file, 'one\n');
      const playing = play(vm, [
        wait({ what: 'file', path: file, contains: [], matches: [{ source: 'two', flags: '' }] }),
      ]);
      setTimeout(() => void appendFile(file, 'two\n'), 800);
      const { summary, ends } = await playing;
      t.strictSame(summary, ['1 passed']);
      t.equal(ends[0]?.commands.length, 2, 'the guest waited for another content');
    },
  );

  t.test(`${shell}: port`, async (t) => {
    const { vm } = await guest(t);
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    t.strictSame((await play(vm, [wait({ what: 'port', port })])).summary, ['1 passed']);
    const tables = path.join(vm.directory, 'tcp');
    // A connection of port 22 is not a listener on it, nor is one to it.
    await writeFile(
      tables,
      [
        '  sl  local_address rem_address   st tx_queue',
        '   0: 0100007F:0016 0200007F:C001 01 00000000',
        '   1: 0100007F:C001 0100007F:0016 0A 00000000',
        '',
      ].join('\n'),
    );
    const script = waitForPortScript(22, [tables]);
    t.equal((await vm.run(script, { timeoutMs: 400 })).timedOut, true);
    await appendFile(tables, '   2: 00000000000000000000000000000000:0016 0:0000 0A 0\n');
    t.match(await vm.run(script, { timeoutMs: 5000 }), { exitStatus: 0, stdout: /:0016\n$/ });
  });

  t.test(`${shell}: ipv4: waits for the address and notes it`, async (t) => {
    const { vm } = await guest(t);
    await vm.program('ip', `#!/bin/sh\ncat ${vm.directory}/address 2>/dev/null\n`);
    const condition: WaitCondition = { what: 'ipv4', interface: 'lan' };
    const absent = await play(vm, [wait(condition, { timeoutMs: 300 })]);
    t.strictSame(absent.summary, ['1 failed product TAPBOOT_E_WAIT_TIMEOUT']);
    t.match(absent.ends[0]?.failure?.message, 'no interface lan');
    const playing = play(vm, [wait(condition)]);
    const line = '2: lan    inet 10.0.2.15/24 brd 10.0.2.255 scope global dynamic lan\n';
    setTimeout(() => void writeFile(path.join(vm.directory, 'address'), line), 300);
    const { summary, ends } = await playing;
    t.strictSame(summary, ['1 passed']);
    t.strictSame(ends[0]?.notes, ['lan has 10.0.2.15/24']);
  });

  t.test(`${shell}: command: repeated in the guest until its status is right`, async (t) => {
    const { vm } = await guest(t);
    const counter = path.join(vm.directory, 'count');
    const command = `cd /; echo x >>${counter}; echo "attempt $(wc -l <${counter})"; [ "$(wc -l <${counter})" -ge 3 ] || exit 1`;
    const exit = { oneOf: [0] };
    const { summary, ends } = await play(vm, [
      wait({ what: 'command', command, expect: { exit } }),
    ]);
    t.strictSame(summary, ['1 passed']);
    t.equal(ends[0]?.commands.length, 1);
    t.match(ends[0]?.commands[0]?.stdout, '3 0\nattempt 3\n');
    const never = await play(vm, [
      wait({ what: 'command', command: 'echo last; exit 4', expect: { exit } }, { timeoutMs: 500 }),
    ]);
    t.match(
      never.ends[0]?.failure?.message,
      /waited 0.5 s for exit status 0 of `echo last; exit 4`: exit status 4 in attempt \d+/,
    );
    t.match(never.ends[0]?.failure?.output, 'stdout:\nlast');
    const hangs = await play(vm, [
      wait({ what: 'command', command: 'sleep 60', expect: { exit } }, { timeoutMs: 300 }),
    ]);
    t.match(hangs.ends[0]?.failure?.message, 'attempt 1 had not ended');
    const nonzero = await play(vm, [
      wait({ what: 'command', command: 'exit 7', expect: { exit: 'nonzero' } }),
    ]);
    t.strictSame(nonzero.summary, ['1 passed']);
  });

  t.test(`${shell}: command: judged by its output from here`, async (t) => {
    const { vm } = await guest(t);
    const file = path.join(vm.directory, 'state');
    await writeFile(file, 'no\n');
    const condition: WaitCondition = {
      what: 'command',
      command: `cat ${file}`,
      expect: { exit: { oneOf: [0] }, stdout: stream({ contains: ['yes'] }) },
    };
    const playing = play(vm, [wait(condition)]);
    setTimeout(() => void writeFile(file, 'yes\n'), 500);
    t.strictSame((await playing).summary, ['1 passed']);
    await writeFile(file, 'no\n');
    const { summary, ends } = await play(vm, [wait(condition, { timeoutMs: 600 })]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_WAIT_TIMEOUT']);
    t.strictSame(ends[0]?.failure?.mismatches, [
      { what: 'stdout contains', expected: 'yes', got: 'no' },
    ]);
  });
}
