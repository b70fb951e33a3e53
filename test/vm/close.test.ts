import t from 'tap';
import { readyVm, testHost, testMachine } from '../helpers/vm-host.js';

/** Timers that keep this process; tap’s own do not. */
const timers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

t.test('nothing is waited for once a machine is closed', async (t) => {
  const host = await testHost(t);
  const vm = await readyVm(t, host, testMachine(64), 'closed');
  // SSH is being connected in the background from now on.
  const ssh = vm.run('true', { channel: 'ssh', timeoutMs: 120_000 }).then(
    () => t.fail('there is no machine to run it'),
    (error: unknown) => t.match(error, { failureClass: 'guest-dead' }),
  );
  await vm.close();
  await vm.close();
  const settled = await Promise.race([
    ssh.then(() => 'settled'),
    new Promise((resolve) => setTimeout(resolve, 60_000, 'still waiting').unref()),
  ]);
  t.equal(settled, 'settled');
  // Whatever was about to end has ended by then; a deadline of minutes has not.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  t.equal(timers(), 0, 'timers that keep the process');
});

t.test('nor once it has died while it was powered off', async (t) => {
  const host = await testHost(t);
  const vm = await readyVm(t, host, testMachine(64));
  // It panics on its way down: QEMU stays, and so nothing else ends the wait.
  const stop = "/bin/sh -c 'echo c >/proc/sysrq-trigger'";
  await vm.run(`systemd-run -p ExecStop="${stop}" /bin/sleep infinity`, { timeoutMs: 120_000 });
  await t.rejects(vm.powerOff(180_000), { code: 'TAPBOOT_E_GUEST_PANIC' });
  await vm.close();
  for (let tries = 0; tries < 60 && timers() > 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 1000));
  t.equal(timers(), 0, 'timers that keep the process');
});
