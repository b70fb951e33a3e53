import { RamForms } from '../controller/ram-forms.js';
import type { VmHost } from '../controller/vm-host.js';
import type { Scenario } from '../scenario/index.js';
import { fileDigest } from '../image/content/file-digest.js';
import type { BootImage } from '../image/image.js';
import { StateStore, statesDirectory } from '../state/state-store.js';
import { MachinePool } from './machine-pool.js';
import type { RunRequest } from './request.js';
import { StateCache } from './state-cache.js';
import { ScenarioStart } from './scenario-start.js';
import { StepCache } from './step-cache.js';

/** Where the machines of a run come from. */
export interface Machines {
  pool: MachinePool;
  start: ScenarioStart;
}

/**
 * The machines of a run for `scenarios`; the pool is closed by the caller. `--fresh` boots
 * every one of them; a CI service boots each shape once in every run, since nobody there
 * looks at what an old state may hide. Both leave the states of other runs alone.
 */
export function machines(
  { config, cacheDirectory }: Pick<RunRequest, 'config' | 'cacheDirectory'>,
  given: VmHost,
  image: BootImage,
  scenarios: readonly Scenario[],
): Machines {
  const { fresh, ci, incremental } = config;
  const forms = new RamForms(config.ramForm, cacheDirectory);
  const host: VmHost = { ...given, directForm: () => forms.direct };
  if (fresh || (ci && !incremental)) {
    const pool = new MachinePool({ host, image, fresh, forms });
    pool.expect(scenarios);
    return { pool, start: new ScenarioStart(pool, scenarios, undefined) };
  }
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
  const pool = new MachinePool({ host, image, fresh, cache, forms });
  pool.expect(scenarios);
  const steps = new StepCache(host, cache, digest);
  return {
    pool,
    start: new ScenarioStart(pool, scenarios, incremental ? { cache, steps } : undefined),
  };
}
