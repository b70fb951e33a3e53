import { rm } from 'node:fs/promises';
import { asTapbootError } from '../../errors.js';
import type { MachineParts } from '../boot-sequence.js';
import type { Guest } from '../guest.js';
import { settledDeath } from '../settled-death.js';
import { saveSnapshot, saveStopped, saveUnasked } from './save.js';
import type { Snapshot, SnapshotName } from './snapshot.js';

/** What the snapshots of a machine are taken from: what it is at that moment. */
export interface SnapshotSource {
  parts: MachineParts;
  /** Absent of a machine that was restored powered off. */
  guest: Guest | undefined;
  power: 'on' | 'off';
}

/** The snapshots that are saved of one machine, and the one it came from. */
export class MachineSnapshots {
  readonly #source: () => SnapshotSource;
  #count = 0;
  #kept = 0;
  #nearest: Snapshot | undefined;

  /** @param from the snapshot that the machine was restored from */
  constructor(source: () => SnapshotSource, from: Snapshot | undefined) {
    this.#source = source;
    this.#nearest = from;
  }

  /** True while a snapshot's files lie in the machine's directory. */
  get kept(): boolean {
    return this.#kept > 0;
  }

  /** The snapshot saved last, or the one that the machine was restored from. */
  get nearest(): Snapshot | undefined {
    return this.#nearest;
  }

  /** Saves the machine as it is now; see BootImageVM.save. */
  async save(key: string | undefined): Promise<Snapshot> {
    const { parts, guest, power } = this.#source();
    const name = this.#name(key);
    if (power === 'off' || guest === undefined) {
      this.#nearest = await saveStopped(parts, guest, name);
      return this.#nearest;
    }
    const state = await saveSnapshot(parts, guest, name);
    // Others start from it: what the guest said up to the save must not be its last words.
    const death = await settledDeath(guest);
    if (death !== undefined) throw death;
    this.#nearest = state;
    return state;
  }

  /** Keeps what can be kept of the machine, dead or alive; see {@link captureMoment}. */
  async capture(key: string): Promise<Capture> {
    const { parts, guest, power } = this.#source();
    return await captureMoment(parts, guest, power, this.#name(key));
  }

  /** Removes the RAM of a snapshot of this machine that nobody will restore any more. */
  async discard(state: Snapshot): Promise<void> {
    this.#kept--;
    if (this.#nearest === state) this.#nearest = undefined;
    if (state.ram !== undefined) await rm(state.ram.file, { force: true });
  }

  #name(key: string | undefined): SnapshotName {
    this.#kept++;
    const files = `state-${String(++this.#count)}`;
    return { files, key };
  }
}

/**
 * How much of a machine could be kept:
 * - `proven`: all of it, and it can prove itself when it is restored
 * - `unasked`: all of it, but its guest answered no more
 * - `off`: its disks; the machine was powered off
 * - `disks`: its disks; QEMU was gone, or could not save the machine
 */
export type CaptureKind = 'proven' | 'unasked' | 'off' | 'disks';

/** A machine at the moment something went wrong. */
export interface Capture {
  kind: CaptureKind;
  state: Snapshot;
  /** Why it is not `proven`, in a sentence. */
  reason?: string;
}

/**
 * Saves what can be saved of a machine, even if it hangs or is dead; a running one continues.
 * @throws TapbootError `infra` when not even its disks can be told (a full disk, say)
 */
export async function captureMoment(
  parts: MachineParts,
  guest: Guest | undefined,
  power: 'on' | 'off',
  name: SnapshotName,
): Promise<Capture> {
  const stopped = async (kind: CaptureKind, reason: string): Promise<Capture> => ({
    kind,
    reason,
    state: await saveStopped(parts, guest, name),
  });
  if (power === 'off' || guest === undefined) return await stopped('off', 'it was powered off');
  const { running } = guest;
  const { qmp } = running;
  const gone = (): boolean => !running.process.running;
  let reason = 'the guest answered no more';
  if (!guest.dead) {
    try {
      return { kind: 'proven', state: await saveSnapshot(parts, guest, name) };
    } catch (thrown) {
      const { message, details } = asTapbootError(thrown);
      reason = details.got ?? message;
    }
  }
  if (gone()) return await stopped('disks', 'QEMU was gone');
  try {
    return { kind: 'unasked', state: await saveUnasked(parts, guest, name), reason };
  } catch (thrown) {
    const { message, details } = asTapbootError(thrown);
    if (gone()) return await stopped('disks', 'QEMU was gone');
    await qmp.execute('stop');
    try {
      const disks = await parts.disks.freeze(qmp);
      const state = { ...(await saveStopped(parts, guest, name)), disks };
      return { kind: 'disks', state, reason: `${reason}; ${details.got ?? message}` };
    } finally {
      await guest.resume();
    }
  }
}
