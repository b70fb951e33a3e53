import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootImageVM } from '../machine/boot-image-vm.js';
import type { VmHost } from '../machine/vm-host.js';
import { asTapbootError, infraError } from '../errors.js';
import { isMissing } from '../host/atomic-file.js';
import type { BootImage } from '../image/image.js';
import { openPool } from '../snapshots/pool-of-run.js';
import type { MachineWish } from '../snapshots/machine-pool.js';
import type { RunRequest } from '../run/request.js';
import { loadPlan, planAsShell } from '../scenario/index.js';
import type { Machine } from '../language/machine-shape.js';

/** Where plans are put in the guest. */
export const GUEST_PLANS = '/run/tapboot/plans';

/** Milliseconds for writing one script. */
const WRITE_MS = 30_000;

/** A machine that is ready for work, and what has to be closed when it is over. */
export interface ReadyMachine extends AsyncDisposable {
  vm: BootImageVM;
}

/**
 * A machine as scenarios get it: restored from the snapshot of an earlier run where there is
 * one, else booted, and kept for later.
 * @throws TapbootError of boot and restore
 */
export async function readyMachine(
  request: Pick<RunRequest, 'config' | 'cacheDirectory'>,
  host: VmHost,
  image: BootImage,
  machine: Machine,
  name = 'shell',
): Promise<ReadyMachine> {
  const wish: MachineWish = { machine, subject: 'machine' };
  const { pool } = openPool(request, host, image);
  pool.expect([wish]);
  try {
    const vm = await pool.acquireWhole(wish, name);
    return {
      vm,
      [Symbol.asyncDispose]: async () => {
        await vm.close();
        await pool.close();
      },
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/**
 * Puts all plans of a directory into the guest, as scripts that people can run.
 * @param directory may be missing: then there are none
 * @param skipped told of each plan that cannot be read
 * @returns their names
 */
export async function writePlans(
  vm: BootImageVM,
  directory: string,
  workingDirectory: string,
  skipped: (problem: string) => void,
): Promise<string[]> {
  const all = await readdir(directory).catch((error: unknown) => {
    if (!isMissing(error)) skipped(asTapbootError(error).message);
    return [];
  });
  const files = all.filter((name) => /\.ya?ml$/.test(name));
  const names: string[] = [];
  for (const file of files.sort()) {
    const name = file.replace(/\.ya?ml$/, '');
    let script: string;
    try {
      script = planAsShell(await loadPlan(name, directory, { workingDirectory, variables: {} }));
    } catch (thrown) {
      skipped(`the plan ${join(directory, file)}: ${asTapbootError(thrown).message}`);
      continue;
    }
    const target = `${GUEST_PLANS}/${name}.sh`;
    const command = `mkdir -p ${GUEST_PLANS} && cat > ${target} && chmod 755 ${target}`;
    const written = await vm.run(command, { timeoutMs: WRITE_MS, stdin: script });
    if (written.exitStatus !== 0) {
      throw infraError(
        'TAPBOOT_E_PLANS_NOT_WRITTEN',
        `${target} could not be written in the guest`,
        {
          got: written.stderr,
        },
      );
    }
    names.push(name);
  }
  return names;
}
