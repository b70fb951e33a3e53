import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Connections } from '../record/connections.js';
import type { RunSettings } from '../run/settings.js';
import type { BootImage } from '../image/image.js';
import { findHost } from '../machine/host-of-run.js';
import { probeKernel } from '../machine/qemu/probe-kernel.js';
import type { RunKeys, VmHost } from '../machine/vm-host.js';
import { safeName } from '../safe-name.js';

/** What a machine outside of any run is made with. */
export interface AdhocOptions {
  config: Pick<
    RunSettings,
    'spawnTimeoutSeconds' | 'loginTimeoutSeconds' | 'ramFormat' | 'firmware'
  >;
  /** Accelerator that has to be used; `auto` by a probe. */
  accel: 'auto' | 'kvm' | 'tcg';
  image: BootImage;
  cacheDirectory: string;
  /** Private; all that the machine leaves lies in it. */
  workspace: string;
  keys: RunKeys;
  /** Name under which other processes find the machine. */
  name: string;
  /** Told what a person should know. */
  notice: (text: string) => void;
  signal: AbortSignal;
}

/**
 * A host for machines that belong to no run: there is no record, and all that they write
 * goes with the workspace.
 * @throws TapbootError `infra` when QEMU or the accelerator cannot be used
 */
export async function adhocHost(options: AdhocOptions): Promise<VmHost> {
  const { config, image, workspace, keys, notice, signal } = options;
  const found = await findHost({
    config: { ...config, accel: options.accel },
    kernel: () => probeKernel(image),
    cacheDirectory: options.cacheDirectory,
    workspace,
    keys,
    log: () => undefined,
    signal,
  });
  const places: VmHost['places'] = (vm) => {
    const directory = join(workspace, 'logs', safeName(vm));
    const diagnostics = join(directory, 'diagnostics');
    mkdirSync(diagnostics, { recursive: true });
    return { serialLog: join(directory, 'serial.log'), diagnostics };
  };
  const connections = new Connections(workspace, options.name, keys.clientKeyFile);
  return {
    ...found,
    places,
    emit: (event) => {
      connections.handle(event, (vm) => places(vm).serialLog);
      if (event.type === 'notice' && event.level === 'warning') notice(event.message);
    },
    reachable: (vm, ssh) => {
      connections.ssh(vm, ssh);
    },
    facts: () => undefined,
  };
}
