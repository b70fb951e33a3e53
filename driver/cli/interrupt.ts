const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Exit status of a process that a signal ended, as shells report it. */
const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Turns the first signal into an abort, so that the work can end in its own way and write its
 * record; the second one ends the process at once.
 * @returns what the work listens to, how to do what a signal would, and how to stop listening
 */
export function interruptSignal(): {
  signal: AbortSignal;
  interrupt: (name: keyof typeof STATUS) => void;
  release: () => void;
} {
  const controller = new AbortController();
  const onSignal = (name: keyof typeof STATUS): void => {
    if (controller.signal.aborted) process.exit(STATUS[name]);
    process.stderr.write(`tapboot: ${name}: ending the run; once more to end at once\n`);
    controller.abort(name);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    interrupt: onSignal,
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
