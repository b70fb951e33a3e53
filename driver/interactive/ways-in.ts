import { sshCommandLine } from './root-shell.js';
import type { BootImageVM } from '../machine/boot-image-vm.js';

/**
 * Command lines that lead from another terminal into a running machine, each with its name.
 * @param keyFile private key of the run
 */
export async function waysIn(vm: BootImageVM, keyFile: string): Promise<string[]> {
  const port = await vm.sshPort();
  const console = `console     tapboot attach ${vm.name}`;
  if (port === undefined) return [console, 'no network, so no ssh'];
  return [
    console,
    `root shell  tapboot attach ${vm.name} --shell`,
    `ssh         ${sshCommandLine({ port, keyFile })}`,
  ];
}
