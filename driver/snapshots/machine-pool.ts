import { BootImageVM } from '../machine/boot-image-vm.js';
import { untilIdle } from '../machine/idle.js';
import type { RamFormats } from '../machine/snapshot/ram-format.js';
import type { Snapshot } from '../machine/snapshot/snapshot.js';
import type { VmHost } from '../machine/vm-host.js';
import { asTapbootError, type TapbootError } from '../errors.js';
import type { BootImage } from '../image/image.js';
import { machineAtBoot } from '../language/machine-shape.js';
import type { CheckpointReference, Scenario } from '../scenario/model.js';
import { bootKey } from './machine-key.js';
import { RunCheckpoints, type RunCheckpoint } from './run-checkpoints.js';
import type { SnapshotCache, SnapshotCacheKey } from './cache.js';
import { timed } from './timed.js';

/** What the pool is asked for: of a scenario as much as matters here, or a test's wish. */
export type MachineWish = Pick<Scenario, 'machine' | 'subject'> & Partial<Pick<Scenario, 'from'>>;

/** Options of {@link MachinePool}. */
export interface PoolOptions {
  host: VmHost;
  image: BootImage;
  /** Boot for everyone who asks, save nothing. */
  fresh: boolean;
  /** Snapshots of other runs; absent: each run boots for itself. */
  cache?: SnapshotCache;
  /** RAM formats of snapshots; absent: as saved. */
  forms?: RamFormats;
  /**
   * Nobody says beforehand who will ask for what, as tests do not: every boot is saved, for
   * later runs too, and one that has failed is not made again, since the next would only wait
   * for the same failure.
   */
  unannounced?: boolean;
}

/** What the pool knows of one machine shape. */
interface Shape {
  /** Announced ones that have no machine yet. */
  demand: number;
  /** Somebody may start from a boot of another run. */
  worthKeeping: boolean;
  /** Turned out not to be savable. */
  unsavable: boolean;
  /** Why nobody gets a boot any more; see {@link PoolOptions.unannounced}. */
  failed?: TapbootError;
  /** A boot of this run, saved; undefined when it failed or could not be saved. */
  root?: Promise<Snapshot | undefined>;
  key?: Promise<SnapshotCacheKey | undefined>;
  /** There is a snapshot to start from: of a boot of this run, or of another run's. */
  ready?: 'this run' | 'another run';
}

/** Whether a machine for a wish takes no boot, nor the wait for one: a subject `boot` is content with this run's alone. */
const startsAtOnce = ({ ready }: Shape, { subject }: MachineWish): boolean =>
  subject === 'boot' ? ready === 'this run' : ready !== undefined;

/**
 * Gives every scenario a pristine machine. A scenario whose subject is the boot gets a boot
 * of this run, or a copy of one; any other may also get a copy of an earlier run's. The
 * first that needs a boot makes it; when others need the same, or later runs may, the
 * machine is saved before the scenario touches it. Several may ask at once: one of them
 * boots, the others wait for its snapshot.
 */
export class MachinePool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #shapes = new Map<string, Shape>();
  readonly checkpoints = new RunCheckpoints();
  readonly #suited: Promise<void>[] = [];
  /** Machines that wait, by the name of who will ask for them. */
  readonly #standbys = new Map<string, Promise<BootImageVM | undefined>>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Announces the scenarios to come, so that a boot is saved only when it pays. */
  expect(wishes: readonly MachineWish[]): void {
    for (const wish of wishes) if (wish.from === undefined) this.#shape(wish).demand++;
  }

  /**
   * A machine for one scenario or test, as it was booted: disks that the wish plugs in later are
   * still to come. Closed by the caller.
   * @param name of the VM in the record
   * @throws TapbootError of the boot or restore; `scenario` for an unknown checkpoint
   */
  async acquire(wish: MachineWish, name: string): Promise<BootImageVM> {
    if (wish.from !== undefined) return await this.#fromCheckpoint(wish.from, name);
    const shape = this.#shape(wish);
    try {
      return (await this.#fromStandby(name)) ?? (await this.#pristine(shape, wish, name));
    } finally {
      this.forgo(wish);
    }
  }

  /**
   * The same for who runs no steps: with all its disks. BOOT_IMAGE_VM_LOGIN_TIMEOUT is the limit
   * for those that are plugged in.
   * @throws as {@link acquire}, and as BootImageVM.plugIn
   */
  async acquireWhole(wish: MachineWish, name: string): Promise<BootImageVM> {
    const vm = await this.acquire(wish, name);
    try {
      const { timeouts, signal } = this.#options.host;
      await vm.plugIn(wish.machine, { timeoutMs: timeouts.loginMs, signal });
      return vm;
    } catch (error) {
      await vm.close();
      throw error;
    }
  }

  async #pristine(shape: Shape, wish: MachineWish, name: string): Promise<BootImageVM> {
    if (this.#options.fresh) return await this.#boot(shape, wish, name);
    const cached =
      shape.root === undefined ? await this.#fromOtherRun(shape, wish, name) : undefined;
    if (cached !== undefined) {
      shape.ready ??= 'another run';
      return cached;
    }
    // Nothing may be waited for between the last look and the boot: others look too.
    while (shape.root !== undefined) {
      const state = await shape.root;
      if (state !== undefined) return await this.restore({ state, sameRun: true }, name);
    }
    return await this.#bootAndSave(shape, wish, name);
  }

  /** The scenario has its machine from elsewhere. */
  forgo(wish: MachineWish): void {
    if (wish.from !== undefined) return;
    const shape = this.#shape(wish);
    shape.demand = Math.max(0, shape.demand - 1);
  }

  /**
   * Restores a machine for one who will soon ask for it by the same name, where that takes no
   * boot, and lets it wait, paused. Where that does not succeed, a notice says why, and who asks
   * gets a machine as without it.
   */
  standBy(wish: MachineWish, name: string): void {
    const shape = this.#shape(wish);
    if (this.#options.fresh || wish.from !== undefined || this.#standbys.has(name)) return;
    if (startsAtOnce(shape, wish)) this.#standbys.set(name, this.#standing(shape, wish, name));
  }

  async #standing(shape: Shape, wish: MachineWish, name: string): Promise<BootImageVM | undefined> {
    const { host } = this.#options;
    let vm: BootImageVM | undefined;
    try {
      const state = await shape.root;
      if (state === undefined) vm = await this.#fromOtherRun(shape, wish, name, true);
      else vm = await BootImageVM.restore(host, this.unique(name), state, true);
      await vm?.standBy();
      return vm;
    } catch (thrown) {
      this.#noStandby(`no machine stands by for ${name}`, thrown);
      await vm?.close();
      return undefined;
    }
  }

  /** The machine that waits for who asks by this name, awake; undefined where there is none. */
  async #fromStandby(name: string): Promise<BootImageVM | undefined> {
    const standing = this.#standbys.get(name);
    this.#standbys.delete(name);
    const vm = await standing;
    if (vm === undefined) return undefined;
    const { host } = this.#options;
    const { origin } = vm;
    const key = origin.kind === 'restored' ? origin.key : '';
    try {
      await timed(host, 'restore', vm.name, `${key}, on standby`, () => vm.wake());
      return vm;
    } catch (thrown) {
      host.signal?.throwIfAborted();
      this.#noStandby(`${vm.name} was lost on standby`, thrown);
      await vm.close();
      return undefined;
    }
  }

  /** A snapshot may be to blame: people are to know, though nobody has to wait for it. */
  #noStandby(what: string, thrown: unknown): void {
    const { host } = this.#options;
    const message = `${what}: ${asTapbootError(thrown).message}`;
    if (host.signal?.aborted === true) host.log(message);
    else host.emit({ type: 'notice', level: 'warning', message });
  }

  /** Whether a machine for one wish would have to wait for the boot that is made for another. */
  sharesBoot(one: MachineWish, other: MachineWish): boolean {
    if (this.#options.fresh || one.from !== undefined || other.from !== undefined) return false;
    const shape = this.#shape(one);
    return shape === this.#shape(other) && !startsAtOnce(shape, one) && !shape.unsavable;
  }

  /** Key across runs of the boot that a scenario asks for. */
  async rootKey(wish: MachineWish): Promise<string | undefined> {
    return (await this.#key(this.#shape(wish), wish))?.key;
  }

  /** Whether an earlier run has kept a snapshot of the boot that a scenario asks for. */
  async hasSnapshot(wish: MachineWish): Promise<boolean> {
    const { cache, fresh } = this.#options;
    if (cache === undefined || fresh) return false;
    const key = await this.#key(this.#shape(wish), wish);
    return key !== undefined && (await cache.has(key));
  }

  async #fromOtherRun(
    shape: Shape,
    wish: MachineWish,
    name: string,
    standby = false,
  ): Promise<BootImageVM | undefined> {
    const { cache } = this.#options;
    if (cache === undefined || wish.subject === 'boot') return undefined;
    const key = await this.#key(shape, wish);
    const unique = (): string => this.unique(name);
    return key && (await cache.restore(key, machineAtBoot(wish.machine), unique, standby));
  }

  /** Key of the shape across runs; found out once. */
  async #key(shape: Shape, { machine }: MachineWish): Promise<SnapshotCacheKey | undefined> {
    shape.key ??= this.#options.cache?.key(machineAtBoot(machine)) ?? Promise.resolve(undefined);
    return await shape.key;
  }

  async #bootAndSave(shape: Shape, wish: MachineWish, name: string): Promise<BootImageVM> {
    const save = !shape.unsavable && (this.#wantedByOthers(shape) || shape.worthKeeping);
    if (!save) return await this.#boot(shape, wish, name);
    let saved: (state?: Snapshot) => void = () => undefined;
    shape.root = new Promise((resolve) => (saved = resolve));
    let state: Snapshot | undefined;
    try {
      const vm = await this.#boot(shape, wish, name);
      state = await this.#save(shape, wish, vm);
      return vm;
    } finally {
      if (state === undefined) delete shape.root;
      else shape.ready = 'this run';
      saved(state);
    }
  }

  async #boot(shape: Shape, { machine }: MachineWish, name: string): Promise<BootImageVM> {
    if (shape.failed !== undefined) throw shape.failed;
    const { host, image, unannounced } = this.#options;
    let vm: BootImageVM | undefined;
    try {
      vm = await BootImageVM.boot(host, {
        name: this.unique(name),
        image,
        machine: machineAtBoot(machine),
      });
      await vm.settle();
      return vm;
    } catch (thrown) {
      await vm?.close();
      if (unannounced === true) shape.failed = asTapbootError(thrown);
      throw thrown;
    }
  }

  async #save(shape: Shape, wish: MachineWish, vm: BootImageVM): Promise<Snapshot | undefined> {
    const { host, cache } = this.#options;
    const root = shape.worthKeeping ? await this.#key(shape, wish) : undefined;
    const keep = root !== undefined && cache !== undefined && !(await cache.has(root));
    if (!keep && !this.#wantedByOthers(shape)) return undefined;
    const key = keep ? root.key : undefined;
    try {
      await untilIdle(vm);
      const work = async (): Promise<Snapshot> => await vm.save(key);
      const state = await timed(host, 'save', vm.name, key ?? 'a snapshot of this run', work);
      const publish = keep
        ? () => {
            cache.publish(root, state);
          }
        : undefined;
      const others = Math.max(1, shape.demand - 1);
      this.#suited.push(this.#suit(state, others, publish));
      return state;
    } catch (thrown) {
      const error = asTapbootError(thrown);
      if (error.failureClass === 'guest-dead') {
        await vm.close();
        throw error;
      }
      shape.unsavable = true;
      const reason = error.details.got ?? error.message;
      const message = `machine ${vm.name} cannot be saved (${reason}); each one like it boots anew`;
      host.emit({ type: 'notice', level: 'warning', message });
      return undefined;
    }
  }

  /** Converts the snapshot to its best RAM format, then stores it; its machine continues meanwhile. */
  async #suit(state: Snapshot, others: number, publish?: () => void): Promise<void> {
    const { host, forms } = this.#options;
    await forms?.suit(host, state, publish === undefined ? others : Number.POSITIVE_INFINITY);
    publish?.();
  }

  /**
   * A machine from a snapshot of this run; closed by the caller.
   * @throws TapbootError `infra` TAPBOOT_E_RESTORE or TAPBOOT_E_RESTORE_PROOF
   */
  async restore({ state, sameRun }: RunCheckpoint, name: string): Promise<BootImageVM> {
    const { host } = this.#options;
    const called = this.unique(name);
    return await timed(host, 'restore', called, state.key, () =>
      BootImageVM.restore(host, called, state, sameRun),
    );
  }

  async #fromCheckpoint(from: CheckpointReference, name: string): Promise<BootImageVM> {
    return await this.restore(this.checkpoints.find(from), name);
  }

  #shape({ machine, subject }: MachineWish): Shape {
    const key = bootKey(this.#options.image, machine);
    const shape = this.#shapes.get(key) ?? { demand: 0, worthKeeping: false, unsavable: false };
    this.#shapes.set(key, shape);
    if (subject === 'machine' || this.#options.unannounced === true) shape.worthKeeping = true;
    return shape;
  }

  /** Whether one beside who is getting its machine now needs one, or waits for it. */
  #wantedByOthers({ demand }: Shape): boolean {
    return demand > 1 || this.#options.unannounced === true;
  }

  /** A name for a VM that no other of this run has. */
  unique(name: string): string {
    return this.#options.host.names.take(name);
  }

  /** Waits until what is to be kept for later runs is in its place. */
  async close(): Promise<void> {
    // Of those nobody has asked for.
    for (const standing of this.#standbys.values()) await (await standing)?.close();
    await Promise.all(this.#suited);
    await this.#options.cache?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
