import { z } from 'zod';
import type { BootImageVM } from '../machine/boot-image-vm.js';
import type { VmHost } from '../machine/vm-host.js';
import { asTapbootError } from '../errors.js';
import type { Scenario } from '../scenario/model.js';
import type { PassedStep, ReusedSteps } from '../steps/index.js';
import type { SnapshotCache } from './cache.js';
import { stepKeys, type StepKey } from './step-keys.js';
import { timed } from './timed.js';

/** Milliseconds of steps that are worth a snapshot: one costs about a tenth of it. */
const WORTH_MS = 2000;

/** The same for the snapshot before the last step, which is the one edited most often. */
const LAST_WORTH_MS = 250;

const memorySchema = z.object({
  started: z.record(z.string(), z.string()),
  foreseen: z.record(z.string(), z.string()),
});

/** A scenario as the step cache sees it. */
export interface CachedSteps {
  scenario: Scenario;
  keys: StepKey[];
}

/** A machine with some of its scenario's steps behind it. */
export interface Resumed {
  vm: BootImageVM;
  reused: ReusedSteps;
}

/**
 * The snapshots behind single steps, like the layers of a container build (`--incremental`):
 * a scenario begins behind the last step of which nothing has changed, neither in it nor
 * in any before it. At least the last step is always run.
 */
export class StepCache {
  readonly #host: VmHost;
  readonly #cache: SnapshotCache;
  readonly #digest: (path: string) => Promise<string>;
  #told = false;

  constructor(host: VmHost, cache: SnapshotCache, digest: (path: string) => Promise<string>) {
    this.#host = host;
    this.#cache = cache;
    this.#digest = digest;
  }

  /** @returns undefined when a file that a step brings in cannot be read: the step will say so */
  async steps(scenario: Scenario, root: string): Promise<CachedSteps | undefined> {
    try {
      return { scenario, keys: await stepKeys(scenario, root, this.#digest) };
    } catch {
      return undefined;
    }
  }

  /** Restores the deepest snapshot there is; undefined when there is none. */
  async resume(cached: CachedSteps, name: () => string): Promise<Resumed | undefined> {
    const { scenario, keys } = cached;
    for (let count = scenario.steps.length - 1; count > 0; count--) {
      const at = keys[count - 1];
      if (at === undefined || !(await this.#cache.has(at))) continue;
      if (!(await this.#hasCheckpoints(cached, count))) continue;
      const restored = await this.#cache.restoreSnapshot(at, scenario.machine, name);
      const memory = memorySchema.safeParse(restored?.state.memory);
      if (restored === undefined) continue;
      if (!memory.success) {
        await restored.vm.close();
        continue;
      }
      const reason = `reused: restored behind step ${String(count)} from ${at.key.slice(0, 8)}`;
      return { vm: restored.vm, reused: { count, reason, unitRuns: memory.data } };
    }
    return undefined;
  }

  /** Others may want to start from what the reused steps saved under a name. */
  async #hasCheckpoints({ scenario, keys }: CachedSteps, count: number): Promise<boolean> {
    for (const [index, step] of scenario.steps.slice(0, count).entries()) {
      const key = keys[index];
      if (step.saveAs === undefined || key === undefined) continue;
      if (!(await this.#cache.has(key))) return false;
    }
    return true;
  }

  /** What saves snapshots as the steps pass, where it pays. */
  recorder(
    { scenario, keys }: CachedSteps,
    vm: BootImageVM,
  ): (passed: PassedStep) => Promise<void> {
    const { steps } = scenario;
    let sinceMs = 0;
    return async ({ index, durationMs, unitRuns }) => {
      sinceMs += durationMs;
      const key = keys[index - 1];
      if (key === undefined || index >= steps.length) return;
      const worth = index === steps.length - 1 ? LAST_WORTH_MS : WORTH_MS;
      if (sinceMs < worth && steps[index - 1]?.saveAs === undefined) return;
      if (await this.#save(key, vm, unitRuns)) sinceMs = 0;
    };
  }

  async #save(at: StepKey, vm: BootImageVM, memory: unknown): Promise<boolean> {
    try {
      if (await this.#cache.has(at)) return true;
      const state = await timed(this.#host, 'save', vm.name, at.key, () => vm.save(at.key));
      this.#cache.publish(at, { ...state, memory });
      return true;
    } catch (thrown) {
      const { message, details } = asTapbootError(thrown);
      const text = `a step's snapshot is not kept: ${message} (${details.got ?? 'no reason given'})`;
      // Once is enough for people; a dead guest is told by the next step.
      if (this.#told) this.#host.log(text);
      else this.#host.emit({ type: 'notice', level: 'warning', message: text });
      this.#told = true;
      return false;
    }
  }
}
