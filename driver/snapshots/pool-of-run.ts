import type { VmHost } from '../machine/vm-host.js';
import type { BootImage } from '../image/image.js';
import type { Scenario } from '../scenario/index.js';
import type { MachinePool } from './machine-pool.js';
import { openPool, type PoolRequest } from './open-pool.js';
import { ScenarioStart } from './scenario-start.js';
import { StepCache } from './step-cache.js';

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
    return { pool, start: new ScenarioStart(pool, scenarios, undefined) };
  }
  const { cache, digest } = others;
  const steps = new StepCache(host, cache, digest);
  return { pool, start: new ScenarioStart(pool, scenarios, { cache, steps }) };
}
