import type { MachineOrigin, RunEvent } from '../events/events.js';
import type { Row } from './rows.js';
import type { Paint } from './paint.js';

type Event<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** What a collapsed scenario still tells: how many steps, and where its machine came from. */
export class ScenarioTally {
  readonly #counts = { passed: 0, failed: 0, skipped: 0, reused: 0 };
  #origin: MachineOrigin | undefined;

  step({ outcome }: Event<'step:end'>): void {
    this.#counts[outcome]++;
  }

  machine(origin: MachineOrigin): void {
    this.#origin = origin;
  }

  /**
   * `3 steps, 2 reused; restored`, and shorter ones. A reused step is none that has passed.
   * Where the machine came from is told as long as there is room: TAP, report and record have
   * the whole of it.
   */
  texts(): string[] {
    const { passed, failed, skipped, reused } = this.#counts;
    const ran = passed + failed;
    const steps = [
      failed > 0
        ? `${String(passed)} of ${String(ran)} steps passed`
        : `${String(ran)} ${ran === 1 ? 'step' : 'steps'}`,
      ...(reused > 0 ? [`${String(reused)} reused`] : []),
      ...(skipped > 0 ? [`${String(skipped)} skipped`] : []),
    ].join(', ');
    const origin = this.#origin;
    if (origin === undefined) return [steps];
    if (origin.kind === 'booted') return [`${steps}; booted`, steps];
    const older = origin.sameRun ? [] : [`${steps}; restored from ${origin.bootedAt.slice(0, 10)}`];
    return [...older, `${steps}; restored`, steps];
  }
}

/** The one line of a scenario that has ended. */
export function scenarioRow(
  { outcome, scenario, durationMs }: Event<'scenario:end'>,
  { good, bad, warn }: Paint,
  details?: readonly string[],
): Row {
  const color = outcome === 'passed' ? good : outcome === 'failed' ? bad : warn;
  return {
    mark: color(outcome === 'passed' || outcome === 'flaky' ? '✓' : '✗'),
    text:
      details !== undefined && outcome === 'passed'
        ? scenario.name
        : `${outcome}: ${scenario.name}`,
    details,
    milliseconds: durationMs,
    indent: 0,
  };
}
