import { ENDING_SIGNALS, type EndingSignal } from '../ending.js';
import { onUncaught } from './uncaught.js';

/** Exit status of a process that a signal ended, as shells report it. */
const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Turns the first signal into an abort, so that the work can end in its own way and write its
 * record; the second one ends the process at once. An error that nobody caught aborts it, too,
 * with itself as the reason.
 * @param what is said to be done now; empty where it is no more than leaving
 * @returns what the work listens to, how to do what a signal would, and how to stop listening
 */
export function interruptSignal(what = 'ending the run'): {
  signal: AbortSignal;
  interrupt: (name: EndingSignal) => void;
  release: () => void;
} {
  const controller = new AbortController();
  const onSignal = (name: EndingSignal): void => {
    if (controller.signal.aborted) {
      // A line that is being redrawn has no end of its own.
      process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}tapboot: ${name}: ended at once\n`);
      process.exit(STATUS[name]);
    }
    // First: lines that are redrawn are taken away before this one is written.
    controller.abort(name);
    if (what === '') return;
    // Over the `^C` that a terminal has echoed.
    const begin = process.stderr.isTTY ? '\r' : '';
    process.stderr.write(`${begin}tapboot: ${name}: ${what}; once more to end at once\n`);
  };
  for (const name of ENDING_SIGNALS) process.on(name, onSignal);
  const leave = onUncaught((error) => {
    controller.abort(error);
  });
  return {
    signal: controller.signal,
    interrupt: onSignal,
    release: () => {
      for (const name of ENDING_SIGNALS) process.off(name, onSignal);
      leave();
    },
  };
}
