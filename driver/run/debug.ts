import type { BootImageVM } from '../controller/boot-image-vm.js';
import type { ScenarioContext } from './scenario-context.js';

/** Minutes that a machine is kept for debugging when nobody sits at a terminal. */
export const HOLD_MINUTES = 30;

/**
 * Keeps a machine alive after a failure (`--debug`): prints how to log in to it, then
 * waits for Enter on a terminal, or for {@link HOLD_MINUTES} without one. An interrupt
 * ends the wait.
 */
export async function holdForDebugging(vm: BootImageVM, context: ScenarioContext): Promise<void> {
  const { request, host } = context;
  if (vm.power === 'off') {
    request.stderr.write(`tapboot: ${vm.name} is powered off: there is nothing to log in to\n`);
    return;
  }
  const port = await vm.sshPort();
  const login =
    port === undefined
      ? 'the machine has no network; its console is in serial.log'
      : `ssh -i ${host.keys.clientKeyFile} -p ${String(port)} -o StrictHostKeyChecking=no ` +
        '-o UserKnownHostsFile=/dev/null root@127.0.0.1';
  const { stdin } = request;
  const terminal = stdin?.isTTY === true && request.stdout.isTTY === true;
  const until = terminal ? 'press Enter to go on' : `for ${String(HOLD_MINUTES)} minutes`;
  request.stderr.write(`tapboot: ${vm.name} is kept alive (${until}):\n  ${login}\n`);
  await new Promise<void>((resolve) => {
    const timer = terminal ? undefined : setTimeout(resolve, HOLD_MINUTES * 60_000);
    const done = (): void => {
      clearTimeout(timer);
      stdin?.off('data', done).pause();
      resolve();
    };
    if (terminal) stdin.once('data', done);
    request.signal.addEventListener('abort', done, { once: true });
    void vm.death.then(done);
  });
}
