import { mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { plain } from '../../helpers/plain.js';
import t from 'tap';
import type { StartStep } from '../../../driver/steps/start/schema.js';
import type { WaitCondition } from '../../../driver/steps/wait/schema.js';
import {
  startUnitScript,
  waitForUnitScript,
} from '../../../driver/steps/guest-scripts/unit-state.js';
import { BEFORE_RUN, ENDED, fakeSystemd } from './fake-systemd.js';
import { base, play, run, wait } from './scenario-of.js';

for (const shell of ['bash', 'dash'] as const) {
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
    const { vm, set } = await fakeSystemd(t, shell);
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
    const { vm, set } = await fakeSystemd(t, shell);
    await set({ ...BEFORE_RUN, ActiveState: 'activating', InvocationID: 'aaaa' });
    const playing = play(vm, [wait(ended())]);
    setTimeout(() => void set(ENDED), 300);
    const { summary, ends } = await playing;
    t.strictSame(summary, ['1 passed']);
    t.strictSame(ends[0]?.notes, ['demo.service: inactive (dead)']);
    t.equal(ends[0]?.commands.length, 1, 'one command in the guest did all the waiting');
  });

  t.test(`${shell}: failed ends the wait at once, as a failure with its journal`, async (t) => {
    const { vm, set } = await fakeSystemd(t, shell);
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
    t.strictSame(plain(ends[0]?.failure?.mismatches), [
      {
        what: 'end of demo.service',
        expected: 'inactive',
        got: 'failed (failed), result exit-code, exit status 7',
      },
    ]);
    t.match(ends[0]?.failure?.output, 'journal of the unit');
  });

  t.test(`${shell}: ended: failed and ended: any`, async (t) => {
    const { vm, set } = await fakeSystemd(t, shell);
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
    const { vm } = await fakeSystemd(t, shell);
    const { summary, ends } = await play(vm, [
      wait(ended({ unit: 'dmo.service' }), { timeoutMs: 60_000 }),
    ]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_UNIT_NOT_FOUND']);
    // The names of the host's own unit files are among those looked at.
    t.match(ends[0]?.failure?.mismatches, [
      { what: 'expectation', expected: 'a unit dmo.service', got: /^similar: demo\.service/ },
    ]);
  });

  t.test(`${shell}: a masked unit fails at once`, async (t) => {
    const { vm, set } = await fakeSystemd(t, shell);
    await set({ ...BEFORE_RUN, LoadState: 'masked' });
    const { summary } = await play(vm, [wait(ended(), { timeoutMs: 60_000 })]);
    t.strictSame(summary, ['1 failed product TAPBOOT_E_UNIT_NOT_LOADED']);
  });

  t.test(`${shell}: active, and failed instead of active`, async (t) => {
    const { vm, set } = await fakeSystemd(t, shell);
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
      const { vm, set } = await fakeSystemd(t, shell);
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
    const { vm, set, hook, log } = await fakeSystemd(t, shell);
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
      ends[0]?.commands.map(({ command }) => command.replace(/tapboot-hold-\w+.service/, 'HOLD')),
      [
        `systemctl set-environment 'A=it'\\''s' 'B=1'`,
        'systemctl restart demo.service, and wait for its end',
        'systemctl stop -- HOLD',
        `systemctl unset-environment 'A' 'B'`,
      ],
    );
    t.match(await log(), /^set-environment A=it's B=1$/m);
  });

  t.test(
    `${shell}: start: the unit fails; the environment is taken back all the same`,
    async (t) => {
      const { vm, set, hook, log } = await fakeSystemd(t, shell);
      await set(ENDED);
      await hook(`sed -e s/aaaa/bbbb/ -e s/=inactive/=failed/ demo.service >n && mv n demo.service
echo 'Job for demo.service failed' >&2; exit 1`);
      const { summary } = await play(vm, [start({ environment: { A: '1' } })]);
      t.strictSame(summary, ['1 failed product TAPBOOT_E_UNIT_FAILED']);
      t.match(await log(), /^unset-environment A$/m);
      await hook('touch stuck; exit 1');
      const { ends } = await play(vm, [start({ environment: { A: '1', B: '2' } })]);
      t.strictSame(ends[0]?.notes, [
        "A, B may be left in systemd's environment, which later units inherit: exit status 1",
      ]);
      await hook('exit 1');
      t.strictSame((await play(vm, [start({ ended: 'failed' })])).summary, [
        // The hook finds no aaaa any more: the run is the one before.
        '1 failed product TAPBOOT_E_UNIT_NOT_STARTED',
      ]);
    },
  );

  t.test(`${shell}: start: a unit that does not run is no end`, async (t) => {
    const { vm, set, hook } = await fakeSystemd(t, shell);
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

  t.test(
    `${shell}: start: a unit that nothing refers to is held until it was judged`,
    async (t) => {
      const { vm, set, hook, log } = await fakeSystemd(t, shell);
      await vm.program(
        'systemd-run',
        `#!/bin/sh\necho "systemd-run $*" >>${vm.directory}/systemctl.log\n`,
      );
      await set(ENDED);
      await hook('sed s/aaaa/bbbb/ demo.service >n && mv n demo.service');
      t.strictSame((await play(vm, [start()])).summary, ['1 passed']);
      const lines = (await log()).split('\n').filter((line) => !line.startsWith('show'));
      const hold = /--unit=(tapboot-hold-\w+) -p After=demo.service true$/.exec(
        lines[0] ?? '',
      )?.[1];
      t.strictSame(lines.slice(1), [
        'restart -- demo.service',
        `stop -- ${String(hold)}.service`,
        '',
      ]);
      await set({ ...ENDED, WantedBy: 'multi-user.target' });
      t.strictSame((await play(vm, [start()])).summary, ['1 passed']);
      t.equal(
        (await log()).match(/systemd-run/g)?.length,
        1,
        'a unit that something wants needs no hold',
      );
    },
  );

  t.test(`${shell}: start: a unit that is unloaded all the same is no pass`, async (t) => {
    const { vm, set, hook } = await fakeSystemd(t, shell);
    await set(BEFORE_RUN);
    await hook('exit 0');
    t.strictSame((await play(vm, [start()])).summary, [
      '1 failed scenario TAPBOOT_E_UNIT_FORGOTTEN',
    ]);
    await hook('exit 1');
    t.strictSame((await play(vm, [start()])).summary, [
      '1 failed product TAPBOOT_E_UNIT_NOT_STARTED',
    ]);
  });

  t.test(`${shell}: start: a unit that hangs`, async (t) => {
    const { vm, set, hook } = await fakeSystemd(t, shell);
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
    const { vm } = await fakeSystemd(t, shell);
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
    const { vm, set, log } = await fakeSystemd(t, shell);
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
    const { vm } = await fakeSystemd(t, shell);
    for (const script of [
      startUnitScript("a'b $(x)", 'start', 'hold'),
      waitForUnitScript("a'b $(x)", { until: 'active' }),
    ]) {
      const { exitStatus, stdout } = await vm.run(script, { timeoutMs: 5000 });
      t.equal(exitStatus, 0);
      t.match(stdout, /LoadState=not-found/);
    }
  });
}
