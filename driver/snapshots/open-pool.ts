import { RamForms } from '../machine/snapshot/ram-format.js';
import type { VmHost } from '../machine/vm-host.js';
import { fileDigest } from '../host/file-digest.js';
import type { BootImage } from '../image/image.js';
import type { FileDigest } from './store/qemu-build.js';
import { StateStore, statesDirectory } from './store/store.js';
import { MachinePool, type PoolOptions } from './machine-pool.js';
import { StateCache } from './cache.js';

/** A pool, and what it has to do with other runs. */
export interface OpenPool {
  pool: MachinePool;
  /** As its machines see it. */
  host: VmHost;
  /** Absent where the states of other runs are left alone. */
  others?: { cache: StateCache; digest: FileDigest };
}

/** What of a run's settings says where its machines come from. */
export interface PoolRequest {
  config: {
    /** Boot every machine; use and keep no snapshot. */
    fresh: boolean;
    /** A CI service runs us. */
    ci: boolean;
    /** Reuse and keep the snapshots behind single steps. */
    incremental: boolean;
    ramForm: 'auto' | 'stream' | 'mapped-ram' | 'shared-ram';
    /** Absolute directory of the snapshots; undefined: one in the cache directory. */
    stateDirectory: string | undefined;
    /** What the snapshots may take together on the disk. */
    stateLimitBytes: number;
  };
  cacheDirectory: string;
}

/**
 * The pool of a run of scenarios, of a test file, or of a person's shell; closed by the
 * caller. `fresh` boots every machine; a CI service boots each shape once in every run, since
 * nobody there looks at what an old state may hide. Both leave the states of other runs alone.
 */
export function openPool(
  { config, cacheDirectory }: PoolRequest,
  given: VmHost,
  image: BootImage,
  { unannounced = false }: Pick<PoolOptions, 'unannounced'> = {},
): OpenPool {
  const { fresh, ci, incremental } = config;
  const forms = new RamForms(config.ramForm, cacheDirectory);
  const host: VmHost = { ...given, directForm: () => forms.direct };
  const options: PoolOptions = { host, image, fresh, forms, unannounced };
  if (fresh || (ci && !incremental)) return { pool: new MachinePool(options), host };
  const progress = { stage: () => undefined, log: host.log };
  const store = new StateStore({
    directory: statesDirectory(config.stateDirectory, cacheDirectory),
    limitBytes: config.stateLimitBytes,
    notice: (message) => {
      host.emit({ type: 'notice', level: 'warning', message });
    },
  });
  const digest = async (path: string): Promise<string> =>
    await fileDigest(path, { cacheDirectory, progress });
  const cache = new StateCache({ host, image, store, digest });
  return { pool: new MachinePool({ ...options, cache }), host, others: { cache, digest } };
}
