import { BootImageVM } from '../controller/boot-image-vm.js';
import type { SavedState } from '../controller/saved-state.js';
import type { VmHost } from '../controller/vm-host.js';
import { asTapbootError, scenarioError } from '../errors.js';
import type { BootImage } from '../image/image.js';
import type { Scenario } from '../scenario/model.js';
import { machineKey } from './machine-key.js';

/** Options of {@link MachinePool}. */
export interface PoolOptions {
  host: VmHost;
  image: BootImage;
  /** Boot for every scenario, save nothing. */
  fresh: boolean;
}

/**
 * Gives every scenario a pristine machine. The first that asks for a machine shape boots
 * it; when others will ask for the same, the booted machine is saved before the first
 * scenario touches it, and they are restored from there.
 */
export class MachinePool {
  readonly #host: VmHost;
  readonly #image: BootImage;
  readonly #fresh: boolean;
  /** Scenarios still to come, by machine shape. */
  readonly #demand = new Map<string, number>();
  readonly #states = new Map<string, SavedState>();
  /** Shapes that turned out not to be savable. */
  readonly #unsavable = new Set<string>();
  /** States that scenarios saved, by `SCENARIO#NAME`. */
  readonly #checkpoints = new Map<string, SavedState>();
  readonly #names = new Map<string, number>();

  constructor(options: PoolOptions) {
    this.#host = options.host;
    this.#image = options.image;
    this.#fresh = options.fresh;
  }

  /** Announces the scenarios to come, so that a boot is saved only when it pays. */
  expect(scenarios: readonly Scenario[]): void {
    for (const scenario of scenarios) {
      if (scenario.from !== undefined) continue;
      const key = machineKey(this.#image, scenario.machine);
      this.#demand.set(key, (this.#demand.get(key) ?? 0) + 1);
    }
  }

  /**
   * A machine for one scenario; closed by the caller.
   * @param name of the VM in the record
   * @throws TapbootError of the boot or restore; `scenario` for an unknown checkpoint
   */
  async acquire(scenario: Scenario, name: string): Promise<BootImageVM> {
    const vmName = this.#unique(name);
    if (scenario.from !== undefined) return await this.#fromCheckpoint(scenario, vmName);
    const key = machineKey(this.#image, scenario.machine);
    const left = (this.#demand.get(key) ?? 1) - 1;
    this.#demand.set(key, left);
    const state = this.#states.get(key);
    if (state !== undefined) {
      return await BootImageVM.restore(this.#host, vmName, state, true);
    }
    const { machine } = scenario;
    const vm = await BootImageVM.boot(this.#host, { name: vmName, image: this.#image, machine });
    try {
      await vm.settle();
      if (left > 0 && !this.#fresh && !this.#unsavable.has(key)) await this.#save(key, vm);
    } catch (error) {
      await vm.close();
      throw error;
    }
    return vm;
  }

  /** Remembers what a scenario has saved, before its machine is closed. */
  keepCheckpoints(scenario: Scenario, vm: BootImageVM): void {
    for (const [name, state] of vm.checkpoints) {
      this.#checkpoints.set(`${scenario.id}#${name}`, state);
    }
  }

  async #save(key: string, vm: BootImageVM): Promise<void> {
    try {
      this.#states.set(key, await vm.save());
    } catch (thrown) {
      const error = asTapbootError(thrown);
      if (error.failureClass === 'guest-dead') throw error;
      this.#unsavable.add(key);
      const reason = error.details.got ?? error.message;
      this.#host.emit({
        type: 'notice',
        level: 'warning',
        message: `machine ${vm.name} cannot be saved (${reason}); each of its scenarios boots anew`,
      });
    }
  }

  async #fromCheckpoint(scenario: Scenario, name: string): Promise<BootImageVM> {
    const from = scenario.from as NonNullable<Scenario['from']>;
    const state = this.#checkpoints.get(`${from.scenario}#${from.checkpoint}`);
    if (state === undefined) {
      throw scenarioError(
        'TAPBOOT_E_CHECKPOINT_MISSING',
        `the checkpoint ${from.checkpoint} of ${from.scenario} was not reached in this run`,
        {
          at: from.at,
          expected: `${from.scenario} to run before this one, up to its checkpoint`,
          hint: `Select ${from.scenario} too; its verdict says why the checkpoint was not reached.`,
        },
      );
    }
    return await BootImageVM.restore(this.#host, name, state, true);
  }

  #unique(name: string): string {
    const count = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, count);
    return count === 1 ? name : `${name}-${String(count)}`;
  }
}
