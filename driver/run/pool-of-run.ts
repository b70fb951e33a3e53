import { join } from 'node:path';
import type { VmHost } from '../controller/vm-host.js';
import { fileDigest } from '../image/content/file-digest.js';
import type { BootImage } from '../image/image.js';
import { StateStore } from '../state/state-store.js';
import { MachinePool } from './machine-pool.js';
import type { RunRequest } from './request.js';
import { RootCache } from './root-cache.js';

/**
 * The machines of a run. `--fresh` boots every one of them; a CI service boots each shape
 * once in every run, since nobody there looks at what an old state may hide. Both leave the
 * states of other runs alone.
 */
export function machinePool(
  { config, cacheDirectory }: Pick<RunRequest, 'config' | 'cacheDirectory'>,
  host: VmHost,
  image: BootImage,
): MachinePool {
  const { fresh, ci } = config;
  if (fresh || ci) return new MachinePool({ host, image, fresh });
  const progress = { stage: () => undefined, log: host.log };
  const store = new StateStore({
    directory: config.stateDirectory ?? join(cacheDirectory, 'states'),
    limitBytes: config.stateLimitBytes,
    notice: (message) => {
      host.emit({ type: 'notice', level: 'warning', message });
    },
  });
  const digest = async (path: string): Promise<string> =>
    await fileDigest(path, { cacheDirectory, progress });
  const cache = new RootCache({ host, image, store, digest });
  return new MachinePool({ host, image, fresh, cache });
}
