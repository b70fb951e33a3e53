// What a restored machine's shell has at hand from before the save, and what when it is gone.
import t, { type Test } from 'tap';
import { BootImageVM } from '../../driver/machine/boot-image-vm.js';
import { readyVm, testHost, testMachine } from '../helpers/vm-host.js';

const run = async (vm: BootImageVM, command: string, timeoutMs = 60_000): Promise<string> =>
  (await vm.run(command, { timeoutMs, channel: 'shell' })).stdout.trim();

const FRESHENER = 'pgrep -x tapboot-freshen';

/** Two copies of a snapshot are of now, and draw numbers of their own. */
async function fresh(t: Test, copies: readonly BootImageVM[]): Promise<void> {
  const drawn = await Promise.all(copies.map((vm) => run(vm, 'head -c 16 /dev/urandom | base64')));
  t.equal(new Set(drawn).size, copies.length, 'each copy draws random numbers of its own');
  for (const vm of copies) {
    const ahead = Number(await run(vm, 'date +%s')) - Date.now() / 1000;
    t.ok(Math.abs(ahead) < 30, `${vm.name}: the clock is of now, ${ahead.toFixed(1)} s`);
  }
}

t.test('a restored machine’s shell', async (t) => {
  const host = await testHost(t);
  const booted = await readyVm(t, host, testMachine(64));
  const restored = async (name: string, state: Parameters<typeof BootImageVM.restore>[2]) => {
    const vm = await BootImageVM.restore(host, name, state, true);
    t.teardown(() => vm.close());
    return vm;
  };
  await run(booted, 'echo begun');
  const descriptors = 'echo "[$!] $? $#"; for f in /proc/self/fd/*; do echo "${f##*/}"; done';
  const before = await run(booted, descriptors);
  // An hour ahead, so that it shows when a copy sets its clock.
  await run(booted, 'date -s "1 hour" >/dev/null');
  const state = await booted.save();
  const pid = await run(booted, FRESHENER);
  t.match(pid, /^\d+$/, 'a program waits');
  t.match(
    await run(booted, `cat /proc/${pid}/oom_score_adj /proc/${pid}/cgroup`),
    '-900\n0::/',
    'as safe as the shell',
  );
  t.equal(
    await run(booted, `ls /proc/${pid}/fd | tr '\\n' ' '`),
    '0 1 2',
    'it holds no other end of a pipe',
  );

  const one = await restored('one', state);
  const two = await restored('two', state);
  t.equal(await run(one, 'echo "$((1 + 1))"'), '2', 'the first command');
  await fresh(t, [one, two]);
  t.equal(await run(one, FRESHENER), pid, 'it is the program that was saved');
  t.equal(await run(one, descriptors), before, 'a command sees what it saw before');
  const beside = await Promise.all([run(one, 'sleep 1'), run(one, descriptors)]);
  t.match(beside[1], /^\[\d*\] 0 0\n0\n1\n2(\n3)?$/, 'also beside another');

  for (const [index, harm] of ['kill -9 $$', 'exit 9', 'kill -9 0', 'exec >&- 2>&-'].entries()) {
    const vm = await restored(`harm-${String(index)}`, state);
    const { exitStatus } = await vm.run(harm, { timeoutMs: 60_000 });
    t.equal(exitStatus, [137, 9, 137, 0][index], harm);
    t.equal(await run(vm, 'echo after'), 'after', `after: ${harm}`);
    await vm.close();
  }
  const late = await restored('late', state);
  t.equal(await run(late, 'echo begun; sleep 100', 1500), 'begun', 'a first command without end');
  for (let i = 0; i < 3; i++) t.equal(await run(late, 'echo after'), 'after', 'and after it');
  t.equal(await run(late, FRESHENER), pid, 'the program outlives it');
  await late.close();

  await t.test('a restored machine is saved and restored again', async (t) => {
    const again = await two.save();
    const third = await restored('third', again);
    const fourth = await restored('fourth', again);
    t.equal(await run(third, FRESHENER), pid, 'not started twice');
    await fresh(t, [third, fourth]);
    await third.close();
    await fourth.close();
  });

  await t.test('without the program that waits', async (t) => {
    await run(one, `kill -9 ${pid}; date -s '1 hour' >/dev/null`);
    const without = await one.save();
    t.not(await run(one, FRESHENER), pid, 'the save starts another');
    const fifth = await restored('fifth', without);
    const sixth = await restored('sixth', without);
    await fresh(t, [fifth, sixth]);
    await Promise.all([fifth.close(), sixth.close()]);
  });

  await t.test('a program that has died before the save is started for the order', async (t) => {
    const dies = '#!/bin/sh\n[ -e /run/died ] && exec /run/other\n: > /run/died\n';
    await run(
      one,
      `pkill -x tapboot-freshen; cp /run/tapboot-freshen /run/other; rm /run/tapboot-freshen
      printf '${dies}' > /run/tapboot-freshen; chmod 700 /run/tapboot-freshen
      date -s '1 hour' >/dev/null`,
    );
    const state = await one.save();
    t.equal(await run(one, FRESHENER), '', 'none waits');
    await fresh(t, [await restored('seventh', state), await restored('eighth', state)]);
  });

  await t.test('without any such program the clock is set all the same', async (t) => {
    await run(one, `pkill -x other; rm /run/tapboot-freshen; mkdir /run/tapboot-freshen`);
    await run(one, `date -s '1 hour' >/dev/null`);
    await fresh(t, [await restored('ninth', await one.save())]);
  });
});
