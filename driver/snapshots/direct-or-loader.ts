import { asTapbootError } from '../errors.js';
import type { BootImage } from '../image/image.js';
import type { BootImageVM } from '../machine/boot-image-vm.js';
import type { VmHost } from '../machine/vm-host.js';
import { bootKey } from './machine-key.js';
import type { MachinePool, MachineWish } from './machine-pool.js';

/** The part of a pool that this needs. */
export type PathPool = Pick<
  MachinePool,
  'acquire' | 'standBy' | 'hasSnapshot' | 'expect' | 'forgo' | 'close'
>;

/**
 * Whether machines boot by their loader or directly. A verdict about the boot needs the path of production: the medium,
 * its firmware, its loader. Who is about anything else starts from a snapshot of that boot where
 * there is one, or where somebody makes it in this run; else kernel and initrd of the image are
 * booted directly, which takes half the time. A SPEC or a scenario that says how to boot is
 * followed.
 */
export class DirectOrLoader {
  readonly #host: Pick<VmHost, 'emit' | 'signal'>;
  readonly #image: BootImage;
  readonly #pool: PathPool;
  readonly #open: (image: BootImage) => PathPool;
  readonly #wishes: readonly MachineWish[];
  #direct: Promise<PathPool | undefined> | undefined;
  /** What each shape was decided for. */
  readonly #chosen = new Map<string, Promise<PathPool>>();

  /**
   * @param pool of machines that boot as the image does
   * @param open makes the pool of those that are booted directly
   * @param wishes all that will be asked for
   */
  constructor(
    {
      host,
      image,
      pool,
    }: { host: Pick<VmHost, 'emit' | 'signal'>; image: BootImage; pool: PathPool },
    open: (image: BootImage) => PathPool,
    wishes: readonly MachineWish[],
  ) {
    this.#host = host;
    this.#image = image;
    this.#pool = pool;
    this.#open = open;
    this.#wishes = wishes.filter(({ from }) => from === undefined);
  }

  /** All that ask for a machine like this one's. */
  #like(wish: MachineWish): MachineWish[] {
    const shape = this.#shapeOf(wish);
    return this.#wishes.filter((other) => this.#shapeOf(other) === shape);
  }

  #shapeOf({ machine }: MachineWish): string {
    return bootKey(this.#image, machine);
  }

  /**
   * A machine for one scenario; closed by the caller.
   * @throws as MachinePool.acquire
   */
  async acquire(wish: MachineWish, name: string): Promise<BootImageVM> {
    const pool = await this.#poolFor(wish);
    if (pool === this.#pool) return await pool.acquire(wish, name);
    try {
      const vm = await pool.acquire(wish, name);
      this.#pool.forgo(wish);
      return vm;
    } catch (thrown) {
      this.#host.signal?.throwIfAborted();
      const { message } = asTapbootError(thrown);
      const text = `${name} did not come up by a direct boot (${message}); it is booted by its loader`;
      this.#host.emit({ type: 'notice', level: 'warning', message: text });
      this.#chosen.set(this.#shapeOf(wish), Promise.resolve(this.#pool));
      return await this.#pool.acquire(wish, name);
    }
  }

  /** See MachinePool.standBy. */
  async standBy(wish: MachineWish, name: string): Promise<void> {
    (await this.#poolFor(wish)).standBy(wish, name);
  }

  async #poolFor(wish: MachineWish): Promise<PathPool> {
    const { machine, subject, from } = wish;
    const shape = this.#shapeOf(wish);
    const direct = this.#image.direct !== undefined && machine.firmware === undefined;
    if (!direct || subject === 'boot' || from !== undefined) return this.#pool;
    const chosen = this.#chosen.get(shape) ?? this.#choose(wish);
    this.#chosen.set(shape, chosen);
    return await chosen;
  }

  async #choose(wish: MachineWish): Promise<PathPool> {
    const like = this.#like(wish);
    if (like.some(({ subject }) => subject === 'boot')) return this.#pool;
    if (await this.#pool.hasSnapshot(wish)) return this.#pool;
    this.#direct ??= this.#openDirect();
    const pool = (await this.#direct) ?? this.#pool;
    if (pool !== this.#pool) pool.expect(like);
    return pool;
  }

  async #openDirect(): Promise<PathPool | undefined> {
    const medium = await this.#image.direct?.();
    if (medium === undefined) return undefined;
    const { direct: _is, ...image } = this.#image;
    return this.#open({ ...image, medium });
  }

  async close(): Promise<void> {
    await (await this.#direct?.catch(() => undefined))?.close();
  }
}
