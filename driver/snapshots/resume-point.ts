import type { BootImageVM } from '../machine/boot-image-vm.js';
import type { DirectOrLoader } from './direct-or-loader.js';
import type { CheckpointReference, Scenario } from '../scenario/model.js';
import type { Machine } from '../language/machine-shape.js';
import type { PassedStep, ReusedSteps } from '../steps/index.js';
import type { MachinePool } from './machine-pool.js';
import type { SnapshotCache } from './cache.js';
import type { CachedSteps, StepCache } from './step-cache.js';
import type { StepKey } from './step-keys.js';

/** A machine for a scenario, and what the step cache has to do with it. */
export interface Acquired {
  vm: BootImageVM;
  /** Steps that it has behind it already. */
  reused?: ReusedSteps;
  /** To be told of every step that passes. */
  stepPassed?: (passed: PassedStep) => Promise<void>;
}

/** The snapshots behind single steps, where `--incremental` asks for them. */
export interface Incremental {
  cache: SnapshotCache;
  steps: StepCache;
}

/** The boot, and the disks that are plugged in behind it: another size leads to another machine. */
function withLaterDisks(root: string, { plug, disks }: Machine): string {
  const later = disks.slice(1).map(({ name, sizeBytes }) => `${name}=${String(sizeBytes)}`);
  return plug === undefined ? root : [root, ...later].join(' ');
}

/** Decides where a scenario starts: at its beginning, or behind steps that have not changed. */
export class ScenarioStart implements AsyncDisposable {
  readonly #pool: MachinePool;
  readonly #path: DirectOrLoader | undefined;
  readonly #incremental: Incremental | undefined;
  readonly #scenarios: ReadonlyMap<string, Scenario>;

  /** @param path chooses how machines boot; absent: as the image does */
  constructor(
    { pool, path }: { pool: MachinePool; path?: DirectOrLoader },
    scenarios: readonly Scenario[],
    incremental: Incremental | undefined,
  ) {
    this.#pool = pool;
    this.#path = path;
    this.#incremental = incremental;
    this.#scenarios = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  }

  /**
   * A machine for one scenario; closed by the caller.
   * @throws as MachinePool.acquire
   */
  async acquire(scenario: Scenario, name: string): Promise<Acquired> {
    const pool = this.#pool;
    const cached = await this.#cachedSteps(scenario);
    if (cached === undefined || this.#incremental === undefined) {
      return { vm: await (this.#path ?? pool).acquire(scenario, name) };
    }
    const { steps } = this.#incremental;
    const resumed = await steps.resume(cached, () => pool.unique(name));
    const vm =
      resumed?.vm ??
      (await this.#keptCheckpoint(scenario, name)) ??
      (await pool.acquire(scenario, name));
    if (resumed !== undefined) pool.forgo(scenario);
    return {
      vm,
      stepPassed: steps.recorder(cached, vm),
      reused: resumed === undefined ? undefined : resumed.reused,
    };
  }

  /** See MachinePool.standBy. Never rejects: who asks meets the reason again. */
  async standBy(scenario: Scenario, name: string): Promise<void> {
    await this.#path?.standBy(scenario, name).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#path?.close();
    await this.#pool.close();
  }

  /** Undefined where the step cache may not be used: a verdict about a boot needs that boot. */
  async #cachedSteps(scenario: Scenario): Promise<CachedSteps | undefined> {
    if (this.#incremental === undefined || scenario.subject === 'boot') return undefined;
    const root = await this.#startKey(scenario);
    return root === undefined ? undefined : await this.#incremental.steps.steps(scenario, root);
  }

  /** Key of the snapshot that a scenario starts from: the boot, or another's checkpoint. */
  async #startKey(scenario: Scenario): Promise<string | undefined> {
    if (scenario.from === undefined) {
      const root = await this.#pool.rootKey(scenario);
      return root && withLaterDisks(root, scenario.machine);
    }
    return (await this.#checkpointKey(scenario.from))?.key;
  }

  async #checkpointKey(from: CheckpointReference): Promise<StepKey | undefined> {
    const source = this.#scenarios.get(from.scenario);
    if (source === undefined) return undefined;
    const cached = await this.#cachedSteps(source);
    return cached?.keys[source.steps.findIndex(({ saveAs }) => saveAs === from.checkpoint)];
  }

  /** A checkpoint whose step was reused in this run: its snapshot is that of another run. */
  async #keptCheckpoint(scenario: Scenario, name: string): Promise<BootImageVM | undefined> {
    const { from, machine } = scenario;
    if (from === undefined || this.#pool.checkpoints.has(from)) return undefined;
    const key = await this.#checkpointKey(from);
    const unique = (): string => this.#pool.unique(name);
    return key && (await this.#incremental?.cache.restore(key, machine, unique));
  }
}
