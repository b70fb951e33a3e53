import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import type { RunFlags } from '../run-flags.js';
import { collect } from '../option-values.js';
import { addSelectionOptions, type TagOptions } from '../selection-options.js';
import { addSettings } from '../setting-options.js';
import { addVariableOptions, variableFlags, type VariableOptions } from '../variable-options.js';

const EXAMPLES = `
Examples:
  $ tapboot run                                     all scenarios, on the embedded image
  $ tapboot run removes-raid-lvm-residue            one, by name
  $ tapboot run --tag network --not-tag slow        by tag
  $ tapboot run --tag 'slow and not residue'        by tags
  $ tapboot run --grep raid --bail                  by text; stop at the first failure
  $ tapboot run --last-failed                       what failed when it last ran
  $ tapboot run --shard 2/5                         a fifth of them; tapboot merge joins all
  $ tapboot run --image debian:iso,boot=uefi        the embedded image as an ISO, booted by UEFI
  $ tapboot run --image file:live.iso,boot=direct   an image of your own
  $ tapboot run --tap-version 13 | prove -e cat /dev/stdin
  $ tapboot run --report junit=junit.xml --report github
  $ tapboot run --budget 20; tapboot run --resume   20 minutes now, the rest later
  $ tapboot run --var-env password                  a secret from the environment

Reports: junit=FILE, github[=FILE], hydra=DIR, html=FILE, tap=FILE, tap-flat=FILE,
tap13=FILE, events=FILE (all events, one JSON object per line).

stdout: TAP, or on a terminal a report for people. Everything else goes to stderr and files.
`;

/** `tapboot run`: flags in, exit code out; the work is driver/run's. */
export function addRunCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('run')
    .description('boot the image and run scenarios against it')
    .argument('[scenario...]', 'names, ids or files; default: all in scenarios/');
  addSelectionOptions(addSettings(command, 'image'));
  addSettings(
    addVariableOptions(command),
    ...(['reporter', 'tapVersion', 'tapFlat', 'accel', 'fresh', 'workers', 'standby'] as const),
    ...(['incremental', 'repeat', 'retries', 'knownIssues'] as const),
    ...(['maxFailures', 'bail', 'timeoutFactor'] as const),
  ).option('--report <name=file>', 'additional report, see below (repeatable)', collect, []);
  addSettings(
    command,
    ...(['budget', 'timeLimit', 'resume', 'capture', 'debug', 'debugFor'] as const),
    ...(['logRoot', 'color'] as const),
  )
    .option('--no-install', 'with npm start: do not install host packages')
    .addHelpText('after', EXAMPLES)
    .action(async (scenarios: string[], options: RunOptions) => {
      context.result.exitCode = await run({ ...runFlags(options), scenarios }, context);
    });
}

/** Options as commander has them. */
interface RunOptions
  extends
    Omit<RunFlags, 'scenarios' | 'tags' | 'notTags' | 'variables'>,
    VariableOptions,
    TagOptions {
  install: boolean;
}

function runFlags(options: RunOptions): Omit<RunFlags, 'scenarios'> {
  const { tag, notTag, var: _asVariables, install: _handledBySetUp, ...flags } = options;
  return { ...flags, ...variableFlags(options), tags: tag, notTags: notTag };
}

async function run(flags: RunFlags, { outside }: CommandContext): Promise<number> {
  const [{ runRequest }, { runCommand }, { interruptSignal }] = await Promise.all([
    import('../run-request.js'),
    import('../../run/run-command.js'),
    import('../interrupt.js'),
  ]);
  const { signal, interrupt, release } = interruptSignal();
  try {
    const request = { ...(await runRequest(flags, outside, signal)), interrupt };
    return await runCommand(request);
  } finally {
    release();
  }
}
