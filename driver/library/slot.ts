import type { BootImageVM as Controller } from '../machine/boot-image-vm.js';
import { UnitRuns } from '../steps/unit-runs.js';
import type { Session } from './session.js';

/** A place that holds a machine; restoring a snapshot puts another into it. */
export class MachineSlot {
  readonly session: Session;
  #controller: Controller;
  #unitRuns = new UnitRuns();
  #lost = false;

  constructor(session: Session, controller: Controller) {
    this.session = session;
    this.#controller = controller;
    this.#watch(controller);
  }

  get controller(): Controller {
    return this.#controller;
  }

  /** Which runs of units have been started from here. */
  get unitRuns(): UnitRuns {
    return this.#unitRuns;
  }

  /** False once the machine was lost or switched off. */
  get usable(): boolean {
    return !this.#lost && this.#controller.power === 'on';
  }

  /** Puts another machine into the slot and ends the one before. */
  async replace(controller: Controller): Promise<void> {
    const old = this.#controller;
    this.#controller = controller;
    this.#unitRuns = new UnitRuns();
    this.#lost = false;
    this.#watch(controller);
    await this.session.dismiss(old);
  }

  #watch(controller: Controller): void {
    void controller.death.then(() => {
      if (this.#controller === controller) this.#lost = true;
    });
  }
}
