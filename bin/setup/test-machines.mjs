// The machines that many tests ask for: test/machines/.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tree } from './tree.mjs';

const directory = join(tree.root, 'test', 'machines');
const states = join(tree.state, 'test-states');

/**
 * What boots them, once, into a store that tests take them from.
 * @returns {{ file: string, args: string[], env: Record<string, string | undefined> } | undefined}
 *   a program, its arguments and what is added to its environment; undefined where there are none
 */
export function machinesCommand() {
  if (!existsSync(directory)) return undefined;
  const run = ['run', '--image', 'debian:fast', '--accel', 'tcg', '--log-root'];
  return {
    file: process.execPath,
    args: [join(tree.root, 'bin/tapboot.mjs'), ...run, join(tree.state, 'machines'), directory],
    env: { TAPBOOT_SNAPSHOT_DIR: states, BOOT_IMAGE_VM_DISABLE_LEDGER: '1', CI: undefined },
  };
}

/** Throws away what an earlier run has saved of them. */
export const forgetMachines = () => rmSync(states, { recursive: true, force: true });
