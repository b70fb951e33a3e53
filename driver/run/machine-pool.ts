import { BootImageVM } from '../controller/boot-image-vm.js';
import { untilIdle } from '../controller/idle.js';
import type { RamForms } from '../controller/ram-forms.js';
import type { SavedState } from '../controller/saved-state.js';
import type { VmHost } from '../controller/vm-host.js';
import { asTapbootError } from '../errors.js';
import type { BootImage } from '../image/image.js';
import type { CheckpointReference, Scenario } from '../scenario/model.js';
import { machineKey } from './machine-key.js';
import { RunCheckpoints } from './run-checkpoints.js';
import type { StateCache, StateCacheKey } from './state-cache.js';
import { timed } from './timed.js';

/** Options of {@link MachinePool}. */
export interface PoolOptions {
  host: VmHost;
  image: BootImage;
  /** Boot for every scenario, save nothing. */
  fresh: boolean;
  /** States of other runs; absent: each run boots for itself. */
  cache?: StateCache;
  /** In which forms RAM is kept; absent: as it was saved. */
  forms?: RamForms;
}

/** What the pool knows of one machine shape. */
interface Shape {
  /** Scenarios that have no machine yet. */
  demand: number;
  /** Some scenario of this shape may start from a boot of another run. */
  worthKeeping: boolean;
  /** Turned out not to be savable. */
  unsavable: boolean;
  /** A boot of this run, saved; undefined when it failed or could not be saved. */
  root?: Promise<SavedState | undefined>;
  key?: Promise<StateCacheKey | undefined>;
}

/**
 * Gives every scenario a pristine machine. A scenario whose subject is the boot gets a boot
 * of this run, or a copy of one; any other may also get a copy of an earlier run's. The
 * first that needs a boot makes it; when others need the same, or later runs may, the
 * machine is saved before the scenario touches it. Several may ask at once: one of them
 * boots, the others wait for its state.
 */
export class MachinePool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #shapes = new Map<string, Shape>();
  readonly checkpoints = new RunCheckpoints();
  readonly #suited: Promise<void>[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Announces the scenarios to come, so that a boot is saved only when it pays. */
  expect(scenarios: readonly Scenario[]): void {
    for (const scenario of scenarios) {
      if (scenario.from !== undefined) continue;
      const shape = this.#shape(scenario);
      shape.demand++;
      if (scenario.subject === 'machine') shape.worthKeeping = true;
    }
  }

  /**
   * A machine for one scenario; closed by the caller.
   * @param name of the VM in the record
   * @throws TapbootError of the boot or restore; `scenario` for an unknown checkpoint
   */
  async acquire(scenario: Scenario, name: string): Promise<BootImageVM> {
    if (scenario.from !== undefined) return await this.#fromCheckpoint(scenario.from, name);
    const shape = this.#shape(scenario);
    try {
      return await this.#pristine(shape, scenario, name);
    } finally {
      this.forgo(scenario);
    }
  }

  async #pristine(shape: Shape, scenario: Scenario, name: string): Promise<BootImageVM> {
    if (this.#options.fresh) return await this.#boot(scenario, name);
    const cached =
      shape.root === undefined ? await this.#fromOtherRun(shape, scenario, name) : undefined;
    if (cached !== undefined) return cached;
    // Nothing may be waited for between the last look and the boot: others look too.
    while (shape.root !== undefined) {
      const state = await shape.root;
      if (state !== undefined) return await this.#restore(state, this.unique(name), true);
    }
    return await this.#bootAndSave(shape, scenario, name);
  }

  /** The scenario has its machine from elsewhere. */
  forgo(scenario: Scenario): void {
    if (scenario.from !== undefined) return;
    const shape = this.#shape(scenario);
    shape.demand = Math.max(0, shape.demand - 1);
  }

  /** Key across runs of the boot that a scenario asks for. */
  async rootKey(scenario: Scenario): Promise<string | undefined> {
    return (await this.#key(this.#shape(scenario), scenario))?.key;
  }

  async #fromOtherRun(
    shape: Shape,
    scenario: Scenario,
    name: string,
  ): Promise<BootImageVM | undefined> {
    const { cache } = this.#options;
    if (cache === undefined || scenario.subject === 'boot') return undefined;
    const key = await this.#key(shape, scenario);
    return key && (await cache.restore(key, scenario.machine, () => this.unique(name)));
  }

  /** Key of the shape across runs; found out once. */
  async #key(shape: Shape, { machine }: Scenario): Promise<StateCacheKey | undefined> {
    shape.key ??= this.#options.cache?.key(machine) ?? Promise.resolve(undefined);
    return await shape.key;
  }

  async #bootAndSave(shape: Shape, scenario: Scenario, name: string): Promise<BootImageVM> {
    const save = !shape.unsavable && (wantedByOthers(shape) || shape.worthKeeping);
    if (!save) return await this.#boot(scenario, name);
    let saved: (state?: SavedState) => void = () => undefined;
    shape.root = new Promise((resolve) => (saved = resolve));
    let state: SavedState | undefined;
    try {
      const vm = await this.#boot(scenario, name);
      state = await this.#save(shape, scenario, vm);
      return vm;
    } finally {
      if (state === undefined) delete shape.root;
      saved(state);
    }
  }

  async #boot({ machine }: Scenario, name: string): Promise<BootImageVM> {
    const { host, image } = this.#options;
    const vm = await BootImageVM.boot(host, { name: this.unique(name), image, machine });
    try {
      await vm.settle();
      return vm;
    } catch (error) {
      await vm.close();
      throw error;
    }
  }

  async #save(shape: Shape, scenario: Scenario, vm: BootImageVM): Promise<SavedState | undefined> {
    const { host, cache } = this.#options;
    const root = shape.worthKeeping ? await this.#key(shape, scenario) : undefined;
    const keep = root !== undefined && cache !== undefined && !(await cache.has(root));
    if (!keep && !wantedByOthers(shape)) return undefined;
    const key = keep ? root.key : undefined;
    try {
      await untilIdle(vm);
      const work = async (): Promise<SavedState> => await vm.save(key);
      const state = await timed(host, 'save', vm.name, key ?? 'a state of this run', work);
      const publish = keep
        ? () => {
            cache.publish(root, state);
          }
        : undefined;
      this.#suited.push(this.#suit(state, shape.demand - 1, publish));
      return state;
    } catch (thrown) {
      const error = asTapbootError(thrown);
      if (error.failureClass === 'guest-dead') {
        await vm.close();
        throw error;
      }
      shape.unsavable = true;
      const reason = error.details.got ?? error.message;
      const message = `machine ${vm.name} cannot be saved (${reason}); each of its scenarios boots anew`;
      host.emit({ type: 'notice', level: 'warning', message });
      return undefined;
    }
  }

  /** Finds the state's best form, and then keeps it, while its machine goes on. */
  async #suit(state: SavedState, others: number, publish?: () => void): Promise<void> {
    const { host, forms } = this.#options;
    await forms?.suit(host, state, publish === undefined ? others : Number.POSITIVE_INFINITY);
    publish?.();
  }

  async #restore(state: SavedState, name: string, sameRun: boolean): Promise<BootImageVM> {
    const { host } = this.#options;
    return await timed(host, 'restore', name, state.key, () =>
      BootImageVM.restore(host, name, state, sameRun),
    );
  }

  async #fromCheckpoint(from: CheckpointReference, name: string): Promise<BootImageVM> {
    const { state, sameRun } = this.checkpoints.find(from);
    return await this.#restore(state, this.unique(name), sameRun);
  }

  #shape({ machine }: Scenario): Shape {
    const key = machineKey(this.#options.image, machine);
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const shape: Shape = { demand: 0, worthKeeping: false, unsavable: false };
    this.#shapes.set(key, shape);
    return shape;
  }

  /** A name for a VM that no other of this run has. */
  unique(name: string): string {
    return this.#options.host.names.take(name);
  }

  /** Waits until what is to be kept for later runs is in its place. */
  async close(): Promise<void> {
    await Promise.all(this.#suited);
    await this.#options.cache?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Whether a scenario beside the one that is getting its machine now needs one, or waits for it. */
const wantedByOthers = ({ demand }: Shape): boolean => demand > 1;
