import { CommanderError } from 'commander';
import { asTapbootError, describeError } from '../errors.js';
import { exitCode } from '../exit-code.js';
import { outsideOfProcess } from './outside.js';
import { buildProgram } from './program.js';
import { usageError } from './usage-error.js';

/**
 * The command line. Sets `process.exitCode`; errors are printed on stderr, never thrown.
 * @param argv arguments without node and script
 */
export async function main(argv: readonly string[]): Promise<void> {
  // `tapboot list | head` closes our stdout early; that is the reader's right.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const outside = outsideOfProcess();
  try {
    const result = { exitCode: 0 };
    await buildProgram(outside, result).parseAsync([...argv], { from: 'user' });
    process.exitCode = result.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return;
    const error =
      thrown instanceof CommanderError ? usageError(thrown.message) : asTapbootError(thrown);
    outside.stderr.write(`tapboot: ${describeError(error)}\n`);
    process.exitCode = exitCode([error.failureClass], false);
  }
}
