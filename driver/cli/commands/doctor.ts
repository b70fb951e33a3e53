import type { Command } from 'commander';
import type { HostCheck } from '../../host/check.js';
import type { CommandContext } from '../command-context.js';

const EXAMPLES = `
Examples:
  $ tapboot doctor            what is present, what is missing, and how to install it
  $ tapboot doctor --probe    test KVM again by booting the embedded image's kernel
  $ tapboot doctor --json

Exit code: 0 when this host can run scenarios, 4 when it lacks something.
`;

interface DoctorOptions {
  probe?: true;
  json?: true;
}

const MARKS: Record<HostCheck['state'], string> = { ok: 'ok  ', warning: 'note', failed: 'FAIL' };

/** `tapboot doctor`: the host, seen with the eyes of a run. */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('check whether this host can run scenarios')
    .option('--probe', 'test KVM by booting a kernel, even if the result is cached')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: DoctorOptions) => {
      const { outside, result } = context;
      const [{ allChecks }, { EXIT }] = await Promise.all([
        import('../doctor-checks.js'),
        import('../../exit-code.js'),
      ]);
      const checks = await allChecks(outside, options.probe === true);
      outside.stdout.write(
        options.json === true ? `${JSON.stringify(checks, null, 2)}\n` : table(checks),
      );
      if (checks.some(({ state }) => state === 'failed')) result.exitCode = EXIT.infra;
    });
}

function table(checks: readonly HostCheck[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const rows = checks.flatMap(({ name, state, detail, fix }) => [
    `${MARKS[state]} ${name.padEnd(width)}  ${detail}`,
    ...(fix === undefined ? [] : [`${' '.repeat(width + 7)}→ ${fix}`]),
  ]);
  const failed = checks.filter(({ state }) => state === 'failed').length;
  const verdict =
    failed === 0 ? 'Runs are possible.' : `Runs are not possible: ${String(failed)} checks failed.`;
  return `${[...rows, '', verdict].join('\n')}\n`;
}
