import { CommanderError } from 'commander';
import { asTapbootError, describeError } from '../errors.js';
import { EXIT, exitCode } from '../exit-code.js';
import { printable } from '../language/printable.js';
import { outsideOfProcess } from './outside.js';
import { buildProgram } from './program.js';
import { catchUncaught, hasBroken } from './uncaught.js';
import { usageError } from './usage-error.js';

/**
 * The command line. Sets `process.exitCode`; errors are printed on stderr, never thrown.
 * @param argv arguments without node and script
 */
export async function main(argv: readonly string[]): Promise<void> {
  const state: MainState = { exitCode: 0, outputBroken: false };
  catchUncaught();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `tapboot list | head` closes our stdout early; that is the reader's right.
    if (error.code === 'EPIPE') return;
    // May come after the work has ended: what was written last is still on its way.
    if (!state.outputBroken) {
      process.stderr.write(`tapboot: stdout cannot be written to: ${error.message}\n`);
    }
    state.outputBroken = true;
    process.exitCode = EXIT.infra;
  });
  // A window that was closed takes stderr with it; what the work has begun still has to end in
  // its own way, and to be recorded. Nobody is left to be told.
  process.stderr.on('error', () => undefined);
  try {
    const outside = outsideOfProcess(argv);
    await buildProgram(outside, state).parseAsync([...argv], { from: 'user' });
  } catch (thrown) {
    state.exitCode = report(thrown);
  }
  process.exitCode = state.outputBroken || hasBroken() ? EXIT.infra : state.exitCode;
}

interface MainState {
  exitCode: number;
  /** stdout has failed, and not because its reader left. */
  outputBroken: boolean;
}

/** Prints what was thrown. @returns the exit code for it */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return EXIT.passed;
    // `tapboot` alone: commander has printed the help already.
    if (thrown.code === 'commander.help') return EXIT.scenario;
  }
  const error =
    thrown instanceof CommanderError ? usageError(thrown.message) : asTapbootError(thrown);
  process.stderr.write(printable(`tapboot: ${describeError(error)}\n`));
  return exitCode([error.failureClass], false);
}
