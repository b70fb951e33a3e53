import { performance } from 'node:perf_hooks';
import { strongest } from '../../exit-code.js';
import { Tally } from './tally.js';
import { FlakeCounter } from '../flakes.js';
import type { RunRequest } from '../request.js';
import { runCommand } from '../run-command.js';

/** How long to go on. */
export type StressLimit = { runs: number } | { minutes: number };

/** A budget that queues nothing: whoever asks for so many runs gets them. */
const UNLIMITED_MINUTES = 1_000_000;

/**
 * Runs scenarios many times and counts. With a time in place of a number, a first run of one
 * round is measured, and a second one repeats as often as the rest of the time takes; what
 * turned out faster is followed by further ones.
 * @returns the count, and the exit code of all runs together
 * @throws TapbootError as `runCommand`
 */
export async function runStress(
  request: RunRequest,
  limit: StressLimit,
): Promise<{ tally: Tally; exitCode: number }> {
  const tally = new Tally();
  const codes: number[] = [];
  const batch = async (repeat: number): Promise<number> => {
    const started = performance.now();
    const config = {
      ...request.config,
      repeat,
      retries: 0,
      budgetMinutes: UNLIMITED_MINUTES,
      hardBudgetMinutes: UNLIMITED_MINUTES,
    };
    const sinks = [...(request.sinks ?? []), new FlakeCounter(tally)];
    codes.push(await runCommand({ ...request, config, sinks }));
    return (performance.now() - started) / 60_000;
  };
  if ('runs' in limit) {
    await batch(limit.runs);
  } else {
    let left = limit.minutes;
    let each = await batch(1);
    left -= each;
    while (left >= each && !request.signal.aborted) {
      const repeat = Math.max(1, Math.floor(left / each));
      const spent = await batch(repeat);
      each = spent / repeat;
      left -= spent;
    }
  }
  return { tally, exitCode: strongest(codes) };
}
