import { chooseAccelerator, type AcceleratorOptions } from './qemu/accelerator.js';
import { identifyQemu } from './qemu/version.js';
import { demandFormat } from './snapshot/migration/demand.js';
import type { RamFormat } from './snapshot/migration/formats.js';
import { VmNames, type RunKeys, type VmHost } from './vm-host.js';

/** What a host for machines is made from. */
export interface HostOptions extends Pick<AcceleratorOptions, 'kernel' | 'probing'> {
  config: {
    accel: 'auto' | 'kvm' | 'tcg';
    spawnTimeoutSeconds: number;
    loginTimeoutSeconds: number;
    ramFormat: RamFormat | 'auto';
    /** `CODE:VARS` of UEFI firmware. */
    firmware: string | undefined;
  };
  cacheDirectory: string;
  /** Short private directory, removed by the caller. */
  workspace: string;
  keys: RunKeys;
  /** A line for harness.log. */
  log: (line: string) => void;
  /** Ends the search, and later what its machines do. */
  signal: AbortSignal;
}

/** The part of a host that is found on this machine; the caller adds where its words go. */
export type FoundHost = Omit<VmHost, 'emit' | 'places' | 'facts'>;

/**
 * Finds QEMU and an accelerator.
 * @throws TapbootError `infra` when QEMU or the demanded accelerator cannot be used
 */
export async function findHost(options: HostOptions): Promise<FoundHost> {
  const { config, cacheDirectory, workspace, keys, log, signal, kernel, probing } = options;
  const qemu = await identifyQemu();
  await demandFormat(qemu, config.ramFormat, workspace);
  return {
    qemu,
    accelerator: await chooseAccelerator({
      wanted: config.accel,
      qemu,
      cacheDirectory,
      log,
      kernel,
      probing,
      signal,
    }),
    keys,
    workspace,
    log,
    signal,
    firmware: config.firmware,
    names: new VmNames(),
    timeouts: {
      spawnMs: config.spawnTimeoutSeconds * 1000,
      loginMs: config.loginTimeoutSeconds * 1000,
    },
  };
}
