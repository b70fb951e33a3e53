import { LONGEST_MS } from '../language/quantities.js';
import type { Scenario } from '../scenario/index.js';
import type { RunSettings } from './settings.js';

/**
 * `--timeout-factor auto`: timeouts as they are written under KVM, and so many times that under
 * TCG. An estimate: emulation makes computing some ten times slower, waiting for a timer or a disk
 * not at all.
 */
const FACTOR_OF = { kvm: 1, tcg: 5 } as const;

/**
 * What the timeouts of steps are multiplied by.
 * @param accelerator what the machines run on; undefined while that is not known: then the larger
 *   one, since a sum of timeouts is the longest that a scenario can take
 */
export function timeoutFactor(
  { timeoutFactor: factor, accel }: Pick<RunSettings, 'timeoutFactor' | 'accel'>,
  accelerator: 'kvm' | 'tcg' | undefined,
): number {
  if (factor !== 'auto') return factor;
  return FACTOR_OF[accelerator ?? (accel === 'auto' ? 'tcg' : accel)];
}

/**
 * The scenario with all its timeouts multiplied; none gets longer than 7 days. For the engine
 * that runs its steps: keys of snapshots are made of the scenario as it is written.
 */
export function withTimeouts<S extends Pick<Scenario, 'timeoutMs' | 'steps'>>(
  scenario: S,
  factor: number,
): S {
  if (factor === 1) return scenario;
  const scaled = <T extends { timeoutMs: number }>(timed: T): T => ({
    ...timed,
    timeoutMs: Math.min(LONGEST_MS, Math.max(1, Math.round(timed.timeoutMs * factor))),
  });
  const steps = scenario.steps.map((step) =>
    step.kind === 'disks' && step.resurrect !== undefined
      ? {
          ...scaled(step),
          resurrect: { ...step.resurrect, steps: step.resurrect.steps.map(scaled) },
        }
      : scaled(step),
  );
  return { ...scaled(scenario), steps };
}
