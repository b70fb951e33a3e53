import type { BootImageVM as Controller } from '../machine/boot-image-vm.js';
import { asTapbootError } from '../errors.js';
import { machineKey } from '../snapshots/machine-key.js';
import { isOfThisRun, type RunCheckpoint } from '../snapshots/run-checkpoints.js';
import type { Machine } from '../language/machine-shape.js';
import type { Scenario } from '../scenario/model.js';
import { MachineSlot } from './slot.js';
import type { Session } from './session.js';

/** What a test is about: `machine` is content with a boot of an earlier run. */
export type Subject = Scenario['subject'];

/** Of all machines of a session; the pool adds a number where there are several. */
const NAME = 'vm';

/**
 * The machines of one shape in a session. Whoever wants the shared machine gets the same
 * one; whoever wants a pristine one gets it from the snapshot of its boot.
 */
class Shape {
  readonly #session: Session;
  readonly #machine: Machine;
  /** One; two when a test about the boot came after the first was restored from another run. */
  #shared: MachineSlot[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session, machine: Machine) {
    this.#session = session;
    this.#machine = machine;
  }

  /** The machine that all share; a new one when the last was lost or switched off. */
  async shared(subject: Subject): Promise<MachineSlot> {
    // One after the other: of several who ask at once, the first makes it for all.
    const slot = this.#last.then(() => this.#sharedNow(subject));
    this.#last = slot.catch(() => undefined);
    return await slot;
  }

  async #sharedNow(subject: Subject): Promise<MachineSlot> {
    const fitting = this.#shared.filter(
      ({ controller }) => subject === 'machine' || isOfThisRun(controller.origin),
    );
    const usable = fitting.find((slot) => slot.usable);
    if (usable !== undefined) return usable;
    for (const old of fitting) await this.#giveUp(old);
    const slot = await this.pristine(subject);
    this.#shared.push(slot);
    return slot;
  }

  async #giveUp(old: MachineSlot): Promise<void> {
    this.#shared = this.#shared.filter((slot) => slot !== old);
    const { name, power } = old.controller;
    const why = power === 'off' ? 'was switched off' : 'was lost';
    this.#session.warn(`${name} ${why}: a new shared machine is used`);
    await this.#session.dismiss(old.controller);
  }

  /** A machine of one's own, as it was right after the boot. */
  async pristine(subject: Subject): Promise<MachineSlot> {
    const session = this.#session;
    try {
      const controller = await session.pool.acquireWhole({ machine: this.#machine, subject }, NAME);
      session.adopt(controller);
      return new MachineSlot(session, controller);
    } catch (thrown) {
      const error = asTapbootError(thrown);
      session.verdict.broken(error);
      throw error;
    }
  }
}

/** A new machine of the session, from a snapshot. */
export async function restoreIn(session: Session, state: RunCheckpoint): Promise<Controller> {
  const controller = await session.pool.restore(state, NAME);
  session.adopt(controller);
  return controller;
}

const shapes = new WeakMap<Session, Map<string, Shape>>();

/** The machines of a shape. */
export function shapeIn(session: Session, machine: Machine): Shape {
  const known = shapes.get(session) ?? new Map<string, Shape>();
  shapes.set(session, known);
  const key = machineKey(session.image, machine);
  const shape = known.get(key) ?? new Shape(session, machine);
  known.set(key, shape);
  return shape;
}
