import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { minutes as minutesValue, wholeNumber } from '../option-values.js';
import { addVariableOptions, variableFlags, type VariableOptions } from '../variable-options.js';

const EXAMPLES = `
Examples:
  $ tapboot stress configures-network --runs 50      50 times; how often does it fail?
  $ tapboot stress configures-network --minutes 30   as often as half an hour takes

stdout: per scenario, how often it failed, and between which rates that puts it with 95 %
confidence (Clopper-Pearson). Everything else: stderr and the run directories.
Exit code: as of a run; 1 when the product failed once.
`;

interface StressOptions extends VariableOptions {
  runs?: number;
  minutes?: number;
  image?: string;
  accel?: string;
  oneBoot?: true;
  logRoot?: string;
  json?: true;
}

/** `tapboot stress`: looks for flakes, and says how sure it is. */
export function addStressCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('stress')
    .description('run scenarios many times, and say how often they fail')
    .argument('<scenario...>', 'names, ids or files')
    .option('--runs <count>', 'how often each (default: 20)', wholeNumber(1))
    .option('--minutes <time>', 'as often as fits in this time (at most 7 days)', minutesValue)
    .option('--image <spec>', 'boot image, as of run');
  addVariableOptions(command)
    .option('--accel <name>', 'auto, kvm or tcg')
    .option(
      '--one-boot',
      'restore every machine from one boot: faster, blind to flakes of the boot',
    )
    .option('--log-root <directory>', 'where run directories are made ($BOOT_IMAGE_VM_LOG_ROOT)')
    .option('--json', 'the finding as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (scenarios: string[], options: StressOptions) => {
      context.result.exitCode = await stress(scenarios, options, context);
    });
}

async function stress(
  scenarios: string[],
  options: StressOptions,
  { outside }: CommandContext,
): Promise<number> {
  const [{ runRequest }, { runStress }, { interruptSignal }, { usageError }] = await Promise.all([
    import('../run-request.js'),
    import('../../run/stress/run-stress.js'),
    import('../interrupt.js'),
    import('../usage-error.js'),
  ]);
  const { runs, minutes, var: _asVariables, json, oneBoot, ...settings } = options;
  if (runs !== undefined && minutes !== undefined) {
    throw usageError('--runs and --minutes cannot be used together');
  }
  const { signal, release } = interruptSignal();
  try {
    const flags = { ...settings, ...variableFlags(options), scenarios, tags: [], notTags: [] };
    // Machines restored from one state have one boot, and much of its randomness, in common:
    // their verdicts are no independent samples.
    const fresh = oneBoot !== true;
    // What the runs tell step by step is for stderr; stdout has the finding alone.
    const quiet = { ...outside, stdout: outside.stderr };
    const request = await runRequest({ ...flags, fresh, reporter: 'pretty' }, quiet, signal);
    const limit = minutes === undefined ? { runs: runs ?? 20 } : { minutes };
    const { tally, exitCode } = await runStress(request, limit);
    const text = json === true ? `${JSON.stringify(tally.rows(), null, 2)}\n` : tally.text();
    outside.stdout.write(text);
    return exitCode;
  } finally {
    release();
  }
}
