import type { BootImageVM } from '../machine/boot-image-vm.js';
import type { Snapshot } from '../machine/snapshot/snapshot.js';
import { scenarioError, TapbootError } from '../errors.js';
import type { Failure, MachineOrigin } from '../events/events.js';
import type { CheckpointReference, Scenario } from '../scenario/model.js';

/** A snapshot that a scenario or a test saved, and whether its boot was made in this run. */
export interface RunCheckpoint {
  state: Snapshot;
  sameRun: boolean;
}

/** Whether a machine is a boot of this run, or descends from one. */
export const isOfThisRun = (origin: MachineOrigin): boolean =>
  origin.kind === 'booted' || origin.sameRun;

/** What the scenarios of a run have saved under names. */
export class RunCheckpoints {
  /** By `SCENARIO#NAME`. */
  readonly #states = new Map<string, RunCheckpoint>();
  /** By scenario. */
  readonly #failures = new Map<string, Failure>();

  /** Remembers what a scenario has saved, before its machine is closed. */
  keep(scenario: Pick<Scenario, 'id'>, vm: BootImageVM): void {
    const sameRun = isOfThisRun(vm.origin);
    for (const [name, state] of vm.checkpoints) {
      this.#states.set(`${scenario.id}#${name}`, { state, sameRun });
    }
  }

  /** Remembers why a scenario has saved nothing more. */
  failed({ id }: Pick<Scenario, 'id'>, failure: Failure): void {
    this.#failures.set(id, failure);
  }

  /** Whether a scenario of this run has saved what another one starts from. */
  has({ scenario, checkpoint }: CheckpointReference): boolean {
    return this.#states.has(`${scenario}#${checkpoint}`);
  }

  /**
   * @throws TapbootError TAPBOOT_E_CHECKPOINT_MISSING; its class is that of the failure for which
   *   the checkpoint was not reached, or `scenario` where the other scenario did not run
   */
  find(from: CheckpointReference): RunCheckpoint {
    const found = this.#states.get(`${from.scenario}#${from.checkpoint}`);
    if (found !== undefined) return found;
    const code = 'TAPBOOT_E_CHECKPOINT_MISSING';
    const message = `the checkpoint ${from.checkpoint} of ${from.scenario} was not reached in this run`;
    const failure = this.#failures.get(from.scenario);
    if (failure !== undefined) {
      throw new TapbootError(failure.class, code, message, {
        at: from.at,
        expected: `${from.scenario} to get to its checkpoint`,
        got: `it failed: ${failure.message} [${failure.code}]`,
        hint: `Fix ${from.scenario} first: this scenario starts from its checkpoint.`,
      });
    }
    throw scenarioError(code, message, {
      at: from.at,
      expected: `${from.scenario} to run before this one, up to its checkpoint`,
      hint: `Select ${from.scenario}, too.`,
    });
  }
}
