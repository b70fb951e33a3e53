import t from 'tap';
import { BootImageVM } from '../../driver/controller/boot-image-vm.js';
import { testHost, testImage, testMachine } from '../helpers/vm-host.js';

t.test('nothing is waited for once a machine is closed', async (t) => {
  const host = await testHost(t);
  const image = await testImage();
  const vm = await BootImageVM.boot(host, { name: 'closed', image, machine: testMachine(64) });
  // SSH is being connected in the background just now.
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
  const left = process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
  t.ok(left.length <= 1, `timers that keep the process: ${String(left.length)}`);
});
