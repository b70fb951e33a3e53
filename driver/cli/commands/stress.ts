import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { minutes as minutesValue, wholeNumber } from '../option-values.js';
import { addVariableOptions, variableFlags, type VariableOptions } from '../variable-options.js';

const EXAMPLES = `
Examples:
  $ tapboot stress configures-network --runs 50      run it 50 times
  $ tapboot stress configures-network --minutes 30   run it for half an hour

stdout: for each scenario, how often it failed, and the 95 % confidence interval of its failure
rate (Clopper-Pearson). Everything else goes to stderr and the run directories.
Exit code: as for run; 1 if the product failed even once.
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
    .description('run scenarios many times and report how often they fail')
    .argument('<scenario...>', 'names, ids or files')
    .option('--runs <count>', 'runs of each scenario (default: 20)', wholeNumber(1))
    .option('--minutes <time>', 'repeat for this time (at most 7 days)', minutesValue)
    .option('--image <spec>', 'boot image, as for run');
  addVariableOptions(command)
    .option('--accel <name>', 'auto, kvm or tcg (default: auto, KVM where a probe succeeds)')
    .option('--one-boot', 'restore every machine from one boot: faster, but misses flaky boots')
    .option('--log-root <directory>', 'parent of the run directories ($BOOT_IMAGE_VM_LOG_ROOT)')
    .option('--json', 'print JSON')
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
    // Machines restored from one snapshot have one boot, and much of its randomness, in common:
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
