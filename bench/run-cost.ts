import { sampleOf } from './measure.js';

/** An event of a run, as far as the benchmark reads it. */
export interface TimedEvent {
  type: string;
  scenario?: { id: string };
  step?: { index: number };
  outcome?: string;
  durationMs?: number;
  phase?: string;
  vm?: string;
  seconds?: number;
  failure?: { code: string; message: string };
}

/** What one `tapboot run` took. */
export interface RunCost {
  /** Wall seconds, from the start of the process to its end. */
  seconds: number;
  /** CPU seconds of all processes: driver, QEMU, helpers. */
  cpuSeconds: number;
  /** CPU seconds of the driver's own process. */
  driverSeconds: number;
  /** Largest resident size of the driver's own process, in MiB. */
  peakMegabytes: number;
  events: TimedEvent[];
}

/** Seconds of all steps of a scenario. */
export const stepSeconds = (events: readonly TimedEvent[], scenario: string): number =>
  events
    .filter(({ type, scenario: of }) => type === 'step:end' && of?.id === scenario)
    .reduce((sum, { durationMs }) => sum + (durationMs ?? 0) / 1000, 0);

/**
 * Where the seconds of the run in the middle went: phases of its machines and steps of its
 * scenarios. What ran side by side counts twice, so the sum may be more than the wall time.
 */
export function whereTimeWent(costs: readonly RunCost[]): string {
  const { median } = sampleOf(costs.map(({ seconds }) => seconds));
  const [middle] = [...costs].sort(
    (a, b) => Math.abs(a.seconds - median) - Math.abs(b.seconds - median),
  );
  if (middle === undefined) return 'no run';
  const sums = new Map<string, number>();
  const add = (what: string, seconds: number): void => {
    sums.set(what, (sums.get(what) ?? 0) + seconds);
  };
  for (const { type, phase, seconds, scenario, durationMs } of middle.events) {
    if (type === 'phase:end' && phase !== undefined) add(phase, seconds ?? 0);
    if (type === 'step:end' && scenario !== undefined) {
      add(`steps of ${scenario.id}`, (durationMs ?? 0) / 1000);
    }
  }
  const parts = [...sums].sort(([, a], [, b]) => b - a);
  return `${middle.seconds.toFixed(1)} s: ${parts
    .map(([what, seconds]) => `${what} ${seconds.toFixed(1)}`)
    .join(', ')}`;
}
