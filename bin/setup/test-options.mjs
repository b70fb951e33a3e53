import { SetupError } from './setup-error.mjs';

/** The stages of `npm test`, in their order. */
export const STAGES = ['lint', 'types', 'unit', 'vm', 'nix'];

export const TEST_HELP = `usage: npm test -- [--lint] [--types] [--unit] [--vm] [--nix] [--no-install] [NAME…]

Without a stage, all run: lint, types, unit tests, real-VM tests, the flake. With stages, those alone.
NAME…: test files, directories, or parts of their names (death, unit/report); only these run then,
with all they need, and no lint or types.
--no-install: install no host package; print the command that would.
The last line is always \`N passed, N failed\`; the exit code is 0 when nothing failed.
`;

/**
 * Takes `npm test`'s arguments apart.
 * @param {string[]} args
 * @returns {{ help: boolean, mayInstall: boolean, stages: string[], files: string[] }}
 * @throws {SetupError} exit code 2 for an argument that is not known
 */
export function testOptions(args) {
  const stages = [];
  const files = [];
  let mayInstall = true;
  let help = false;
  for (const arg of args) {
    const stage = arg.slice(2);
    if (arg === '--help' || arg === '-h') help = true;
    else if (arg === '--no-install') mayInstall = false;
    else if (arg.startsWith('--') && STAGES.includes(stage)) stages.push(stage);
    else if (!arg.startsWith('-')) files.push(arg);
    else {
      throw new SetupError('TAPBOOT_E_USAGE', `unknown option ${arg}`, {
        output: TEST_HELP,
        exitCode: 2,
      });
    }
  }
  const chosen = files.length > 0 ? ['unit', 'vm', 'nix'] : STAGES;
  return { help, mayInstall, files, stages: stages.length > 0 ? stages : chosen };
}
