import type { RunEvent } from '../events/events.js';
import type { Paint } from './paint.js';
import { duration } from './plain-text.js';

/** The last lines of a run for people: verdict, counts, time, run directory, exit code. */
export function summaryLines(
  event: Extract<RunEvent, { type: 'run:end' }>,
  directory: string,
  { good, bad, warn, dim, strong }: Paint,
): string[] {
  const { passed, flaky, known, failed, interrupted, queued } = event.counts;
  const counts = [
    (passed > 0 ? good : dim)(`${String(passed)} passed`),
    ...(flaky > 0 ? [warn(`${String(flaky)} flaky`)] : []),
    ...(known > 0 ? [warn(`${String(known)} known`)] : []),
    (failed > 0 ? bad : dim)(`${String(failed)} failed`),
    ...(interrupted > 0 ? [warn(`${String(interrupted)} interrupted`)] : []),
    ...(queued > 0 ? [warn(`${String(queued)} queued (run them with --resume)`)] : []),
  ].join(', ');
  return [
    ...(event.interrupted === undefined ? [] : [warn(`interrupted by ${event.interrupted}`)]),
    `${strong(event.outcome)}: ${counts} ${dim(`in ${duration(event.durationMs)}`)}`,
    `${dim('run directory')} ${directory}`,
    ...(event.exitCode === 0 ? [] : [dim(`exit code ${String(event.exitCode)}`)]),
  ];
}
