import { hostPackages } from '../../host/packages.js';
import { findTool } from '../../host/find-tool.js';
import { processEdge } from '../process-edge.js';

/** Absolute path of a host tool; a missing one fails the test, it is never skipped. */
async function tool(name: string): Promise<string> {
  const { environment, projectRoot } = processEdge();
  return await findTool(name, environment['PATH'] ?? '', await hostPackages(projectRoot));
}

/** @deprecated Images are asked for by SPEC (`bootImageVm({ image: 'nix:.#bootImage' })`). */
export const nix_executable = (): Promise<string> => tool('nix');

/** @deprecated `tapboot doctor` checks the host. */
export const qemu_executable = (): Promise<string> => tool('qemu-system-x86_64');

/** @deprecated `vm.ssh` needs no client on the host. */
export const ssh_executable = (): Promise<string> => tool('ssh');

/** @deprecated Keys are made without it. */
export const ssh_keygen_executable = (): Promise<string> => tool('ssh-keygen');
