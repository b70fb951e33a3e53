import { BootImageVM } from '../machine/boot-image-vm.js';
import type { Snapshot } from '../machine/snapshot/snapshot.js';
import type { VmHost } from '../machine/vm-host.js';
import { asTapbootError } from '../errors.js';
import type { BootImage } from '../image/image.js';
import type { Machine } from '../language/machine-shape.js';
import type { FileDigest } from './store/qemu-build.js';
import { restorable } from './store/restorable.js';
import { snapshotInputs } from './store/inputs.js';
import { snapshotKey, type Json, type SnapshotInputs } from './store/key.js';
import type { SnapshotStore } from './store/store.js';
import { timed } from './timed.js';

/** What a snapshot of earlier and later runs is known by. */
export interface SnapshotCacheKey {
  key: string;
  inputs: SnapshotInputs | Record<string, Json>;
}

/** A machine from another run, and the snapshot that it was restored from. */
export interface FromOtherRun {
  vm: BootImageVM;
  state: Snapshot;
}

/** Options of {@link SnapshotCache}. */
export interface SnapshotCacheOptions {
  host: VmHost;
  image: BootImage;
  store: SnapshotStore;
  digest: FileDigest;
}

/**
 * Booted machines of earlier runs, and of this one for later ones. Whatever is wrong with
 * the cache is said, and costs a boot; it is never the reason why a scenario fails, but for
 * a machine that does not prove to be what it should be.
 */
export class SnapshotCache {
  readonly #options: SnapshotCacheOptions;
  readonly #publishing: Promise<void>[] = [];
  #broken = false;

  constructor(options: SnapshotCacheOptions) {
    this.#options = options;
  }

  /** Undefined when it cannot be found out: then nothing is restored or kept. */
  async key(
    machine: Machine,
  ): Promise<(SnapshotCacheKey & { inputs: SnapshotInputs }) | undefined> {
    const { host, image, digest } = this.#options;
    try {
      const inputs = await snapshotInputs(host, image, machine, digest);
      return { key: snapshotKey(inputs), inputs };
    } catch (error) {
      this.#unusable(error);
      return undefined;
    }
  }

  async has({ key }: SnapshotCacheKey): Promise<boolean> {
    return await this.#options.store.has(key);
  }

  /**
   * A machine restored from the entry of `key`; undefined when there is none, or none that
   * is whole.
   * @param name of the VM, made when it is needed
   * @param standby it is restored before it is asked for, and told of when it is used
   * @throws TapbootError `infra` TAPBOOT_E_RESTORE_PROOF; `guest-dead`; an interrupt's reason
   */
  async restore(
    key: SnapshotCacheKey,
    machine: Machine,
    name: () => string,
    standby = false,
  ): Promise<BootImageVM | undefined> {
    return (await this.restoreSnapshot(key, machine, name, standby))?.vm;
  }

  /** The same, with the snapshot. */
  async restoreSnapshot(
    { key }: SnapshotCacheKey,
    machine: Machine,
    name: () => string,
    standby = false,
  ): Promise<FromOtherRun | undefined> {
    const { host, image, store } = this.#options;
    const lease = await store.find(key).catch((error: unknown) => {
      this.#unusable(error);
    });
    if (lease === undefined) return undefined;
    try {
      const state = await restorable(lease, { image, machine, firmware: host.firmware });
      const called = name();
      const work = (): Promise<BootImageVM> => BootImageVM.restore(host, called, state, false);
      const vm = await (standby ? work() : timed(host, 'restore', called, key, work));
      return { vm, state };
    } catch (thrown) {
      host.signal?.throwIfAborted();
      const damage = await lease.verified;
      const error = asTapbootError(thrown);
      // A machine made of damaged files may fail in any way: the damage is the reason.
      const { snapshot } = error.details;
      if (damage !== undefined || snapshot !== undefined || error.failureClass === 'guest-dead') {
        await store.reject(
          lease,
          damage ?? `${error.message} (${error.details.got ?? error.code})`,
        );
      }
      if (damage !== undefined || snapshot === 'unusable') return undefined;
      throw error;
    }
  }

  /** Keeps a snapshot for later runs, in the background. */
  publish({ key, inputs }: SnapshotCacheKey, state: Snapshot): void {
    const { store, host } = this.#options;
    const work = store.publish({ key, inputs, state }).then(
      (published) => {
        host.log(`snapshot ${key} ${published ? 'saved for later runs' : 'exists already'}`);
      },
      (error: unknown) => {
        this.#unusable(error);
      },
    );
    this.#publishing.push(work);
  }

  #unusable(thrown: unknown): void {
    const { message, details } = asTapbootError(thrown);
    const reason = details.got === undefined ? message : `${message}: ${details.got}`;
    const text = `snapshots are not kept or used across runs: ${reason}`;
    // Once is enough for people.
    if (this.#broken) this.#options.host.log(text);
    else this.#options.host.emit({ type: 'notice', level: 'warning', message: text });
    this.#broken = true;
  }

  /** Waits until everything published is in its place, and gives up what is in use. */
  async close(): Promise<void> {
    await Promise.all(this.#publishing);
    await this.#options.store.close().catch((error: unknown) => {
      this.#unusable(error);
    });
  }
}
