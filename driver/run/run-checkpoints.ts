import type { BootImageVM } from '../controller/boot-image-vm.js';
import type { SavedState } from '../controller/saved-state.js';
import { scenarioError } from '../errors.js';
import type { CheckpointReference, Scenario } from '../scenario/model.js';

/** A state that a scenario saved, and whether its boot was made in this run. */
export interface RunCheckpoint {
  state: SavedState;
  sameRun: boolean;
}

/** What the scenarios of a run have saved under names. */
export class RunCheckpoints {
  /** By `SCENARIO#NAME`. */
  readonly #states = new Map<string, RunCheckpoint>();

  /** Remembers what a scenario has saved, before its machine is closed. */
  keep(scenario: Pick<Scenario, 'id'>, vm: BootImageVM): void {
    const sameRun = vm.origin.kind === 'booted' || vm.origin.sameRun;
    for (const [name, state] of vm.checkpoints) {
      this.#states.set(`${scenario.id}#${name}`, { state, sameRun });
    }
  }

  /** Whether a scenario of this run has saved what another one starts from. */
  has({ scenario, checkpoint }: CheckpointReference): boolean {
    return this.#states.has(`${scenario}#${checkpoint}`);
  }

  /** @throws TapbootError `scenario` TAPBOOT_E_CHECKPOINT_MISSING */
  find(from: CheckpointReference): RunCheckpoint {
    const found = this.#states.get(`${from.scenario}#${from.checkpoint}`);
    if (found !== undefined) return found;
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
}
