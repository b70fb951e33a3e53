import { scenarioError } from '../errors.js';
import type { RunCheckpoint } from '../snapshots/run-checkpoints.js';
import type { VmState } from './vm-interface.js';

/** The snapshots behind what tests get to see of them. */
const states = new WeakMap<VmState, RunCheckpoint>();

/** What a test gets of a snapshot. */
export function publicSnapshot(saved: RunCheckpoint): VmState {
  const { key, ram, bootedAt } = saved.state;
  const state: VmState = Object.freeze({ key, bytes: ram?.bytes ?? 0, bootedAt });
  states.set(state, saved);
  return state;
}

/**
 * The snapshot behind what a test has of it.
 * @throws TapbootError `scenario` TAPBOOT_E_STATE_UNKNOWN for what no machine has saved
 */
export function savedSnapshot(state: VmState): RunCheckpoint {
  const saved = states.get(state);
  if (saved !== undefined) return saved;
  throw scenarioError('TAPBOOT_E_STATE_UNKNOWN', 'this is not a snapshot of a machine', {
    expected: 'what `vm.save()` returned in this process',
  });
}
