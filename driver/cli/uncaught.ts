import { asTapbootError, describeError, type TapbootError } from '../errors.js';
import { EXIT } from '../exit-code.js';
import { printable } from '../language/printable.js';
import { startTimer } from '../host/timers.js';

/**
 * Milliseconds for the work to end in its own way. What was thrown may have been the very thing
 * that somebody waits for.
 */
const ENDING_MS = 60_000;

/** What the work under way does when it cannot go on. */
type End = (error: TapbootError) => void;

const ends = new Set<End>();
let told: Set<string> | undefined;

/** True once something was thrown that nobody caught: the exit code is 4 then, whatever else. */
export const hasBroken = (): boolean => told !== undefined;

/**
 * What becomes of errors that nobody catches, thrown in a callback of the event loop or rejected
 * behind it: never a verdict. The work under way ends as it does after a signal, and records
 * that; without any, the process ends at once. To be called once, by the command line: in a
 * process of somebody else's (the library) such errors are its own business.
 */
export function catchUncaught(): void {
  process.on('uncaughtException', caught);
  process.on('unhandledRejection', caught);
}

/**
 * Has `end` called when something is thrown that nobody caught.
 * @returns how to leave that to others again
 */
export function onUncaught(end: End): () => void {
  ends.add(end);
  return () => ends.delete(end);
}

function caught(thrown: unknown): void {
  const error = asTapbootError(thrown);
  process.exitCode = EXIT.infra;
  const first = told === undefined;
  told ??= new Set();
  // The same full disk is met by everything that writes.
  if (told.has(error.message)) return;
  told.add(error.message);
  const whole = ends.size === 0 || error.code === 'TAPBOOT_E_UNEXPECTED';
  process.stderr.write(printable(`tapboot: ${whole ? describeError(error) : error.message}\n`));
  if (ends.size === 0) process.exit(EXIT.infra);
  if (!first) return;
  for (const end of ends) end(error);
  startTimer(() => {
    process.stderr.write('tapboot: the run did not end in time: ended at once\n');
    process.exit(EXIT.infra);
  }, ENDING_MS).unref();
}
