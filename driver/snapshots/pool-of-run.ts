import { fileDigest } from '../host/file-digest.js';
import type { BootImage } from '../image/image.js';
import { RamFormats } from '../machine/snapshot/ram-format.js';
import type { VmHost } from '../machine/vm-host.js';
import type { Scenario } from '../scenario/index.js';
import { DirectOrLoader } from './direct-or-loader.js';
import { SnapshotCache } from './cache.js';
import { MachinePool, type PoolOptions } from './machine-pool.js';
import { ScenarioStart } from './resume-point.js';
import { StepCache } from './step-cache.js';
import type { FileDigest } from './store/qemu-build.js';
import { SnapshotStore, snapshotsDirectory } from './store/store.js';

/** Where the machines of a run come from. */
export interface Machines {
  pool: MachinePool;
  start: ScenarioStart;
}

/** The machines of a run for `scenarios`; the pool is closed by the caller. */
export function machines(
  request: PoolRequest,
  given: VmHost,
  image: BootImage,
  scenarios: readonly Scenario[],
): Machines {
  const { pool, host, others } = openPool(request, given, image);
  pool.expect(scenarios);
  if (others === undefined || !request.config.incremental) {
    const open = (other: BootImage): MachinePool => openPool(request, given, other).pool;
    const path = new DirectOrLoader({ host, image, pool }, open, scenarios);
    return { pool, start: new ScenarioStart({ pool, path }, scenarios, undefined) };
  }
  const { cache, digest } = others;
  const steps = new StepCache(host, cache, digest);
  return { pool, start: new ScenarioStart({ pool }, scenarios, { cache, steps }) };
}

/** A pool, and what it has to do with other runs. */
export interface OpenPool {
  pool: MachinePool;
  /** As its machines see it. */
  host: VmHost;
  /** Absent where the snapshots of other runs are left alone. */
  others?: { cache: SnapshotCache; digest: FileDigest };
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
    ramFormat: 'auto' | 'stream' | 'mapped-ram' | 'shared-ram';
    /** Absolute directory of the snapshots; undefined: one in the cache directory. */
    snapshotDirectory: string | undefined;
    /** What the snapshots may take together on the disk. */
    snapshotLimitBytes: number;
  };
  cacheDirectory: string;
}

/**
 * The pool of a run of scenarios, of a test file, or of a person's shell; closed by the
 * caller. `fresh` boots every machine; a CI service boots each shape once in every run, since
 * nobody there looks at what an old snapshot may hide. Both leave the snapshots of other runs alone.
 */
export function openPool(
  { config, cacheDirectory }: PoolRequest,
  given: VmHost,
  image: BootImage,
  { unannounced = false }: Pick<PoolOptions, 'unannounced'> = {},
): OpenPool {
  const { fresh, ci, incremental } = config;
  const forms = new RamFormats(config.ramFormat, cacheDirectory);
  const host: VmHost = { ...given, directFormat: () => forms.direct };
  const options: PoolOptions = { host, image, fresh, forms, unannounced };
  if (fresh || (ci && !incremental)) return { pool: new MachinePool(options), host };
  const progress = { stage: () => undefined, log: host.log };
  const store = new SnapshotStore({
    directory: snapshotsDirectory(config.snapshotDirectory, cacheDirectory),
    limitBytes: config.snapshotLimitBytes,
    notice: (message) => {
      host.emit({ type: 'notice', level: 'warning', message });
    },
  });
  const digest = async (path: string): Promise<string> =>
    await fileDigest(path, { cacheDirectory, progress });
  const cache = new SnapshotCache({ host, image, store, digest });
  return { pool: new MachinePool({ ...options, cache }), host, others: { cache, digest } };
}
