import type { Scenario } from '../scenario/model.js';
import { checkpointKey, keyedSteps, STATE_PROTOCOL, type Json } from './store/key.js';
import { unitOfNewRun } from '../steps/index.js';

/** Key of the snapshot behind a step, and what it was made of. */
export interface StepKey {
  key: string;
  inputs: { [name: string]: Json };
}

/**
 * Keys of the snapshots behind each step of a scenario: that of the snapshot it starts from, and
 * every step up to there. The step behind it counts as far as the engine looks ahead to it.
 * @param root key of the snapshot that the scenario starts from
 * @param digest SHA-256 of a file on the host, which a `copy` step brings in
 */
export async function stepKeys(
  { steps }: Pick<Scenario, 'steps'>,
  root: string,
  digest: (path: string) => Promise<string>,
): Promise<StepKey[]> {
  const keyed = await keyedSteps(steps, digest);
  return steps.map((_, index) => {
    const foreseen: Json = { foreseen: unitOfNewRun(steps[index + 1]) ?? null };
    const since = [...keyed.slice(0, index + 1), foreseen];
    return {
      key: checkpointKey(root, since),
      inputs: { protocol: STATE_PROTOCOL, parent: root, steps: since },
    };
  });
}
