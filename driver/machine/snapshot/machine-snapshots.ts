import { rm } from 'node:fs/promises';
import type { MachineParts } from '../boot-sequence.js';
import { captureMoment, type Capture } from './capture.js';
import type { Guest } from '../guest.js';
import { type Snapshot, type SnapshotName } from './snapshot.js';
import { saveSnapshot, saveStopped } from './save.js';
import { settledDeath } from '../settled-death.js';

/** What the states of a machine are taken from: what it is at that moment. */
export interface SnapshotSource {
  parts: MachineParts;
  /** Absent of a machine that was restored powered off. */
  guest: Guest | undefined;
  power: 'on' | 'off';
}

/** The states that are saved of one machine, and the one it came from. */
export class MachineSnapshots {
  readonly #source: () => SnapshotSource;
  #count = 0;
  #kept = 0;
  #nearest: Snapshot | undefined;

  /** @param from the state that the machine was restored from */
  constructor(source: () => SnapshotSource, from: Snapshot | undefined) {
    this.#source = source;
    this.#nearest = from;
  }

  /** True while a state's files lie in the machine's directory. */
  get kept(): boolean {
    return this.#kept > 0;
  }

  /** The state saved last, or the one that the machine was restored from. */
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

  /** Removes the RAM of a state of this machine that nobody will restore any more. */
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
