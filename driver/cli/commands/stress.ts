import { Option, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { minutes as minutesValue, wholeNumber } from '../option-values.js';
import { addSettings } from '../setting-options.js';
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
  timeoutFactor?: string;
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
    .addOption(
      new Option('--runs <count>', 'runs of each scenario (default: 20)')
        .argParser(wholeNumber(1))
        .conflicts('minutes'),
    )
    .option('--minutes <time>', 'repeat for this time (at most 7 days)', minutesValue);
  addVariableOptions(addSettings(command, 'image'));
  addSettings(command, 'accel', 'timeoutFactor').option(
    '--one-boot',
    'restore every machine from one boot: faster, but misses flaky boots',
  );
  addSettings(command, 'logRoot')
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
  const [{ runRequest }, { runStress }, { interruptSignal }] = await Promise.all([
    import('../run-request.js'),
    import('../../run/stress/run-stress.js'),
    import('../interrupt.js'),
  ]);
  const { runs, minutes, var: _asVariables, json, oneBoot, ...settings } = options;
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
