import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import type { RunFlags } from '../run-flags.js';
import { collect } from '../option-values.js';
import { addVariableOptions, variableFlags, type VariableOptions } from '../variable-options.js';

const EXAMPLES = `
Examples:
  $ tapboot run                                     all scenarios on the embedded image
  $ tapboot run removes-raid-lvm-residue            one, by name
  $ tapboot run --tag network --not-tag slow        by tag
  $ tapboot run --image debian:iso,boot=uefi        another form of the embedded image
  $ tapboot run --image file:live.iso,boot=direct   an image of your own
  $ tapboot run --tap-version 13 | prove -e cat /dev/stdin
  $ tapboot run --report junit=junit.xml --report github
  $ tapboot run --budget 20; tapboot run --resume   in portions of 20 minutes
  $ tapboot run --var-env password                  a secret, from the environment

Reports: junit=FILE, github[=FILE], hydra=DIR, html=FILE, tap=FILE, tap-flat=FILE,
tap13=FILE, events=FILE (all events, one JSON object a line).

stdout: TAP, or the report for people when it is a terminal. Everything else: stderr and files.
`;

/** `tapboot run`: flags in, exit code out; the work is driver/run's. */
export function addRunCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('run')
    .description('boot the image and run scenarios against it')
    .argument('[scenario...]', 'names, ids or files; all in scenarios/ when none is named')
    .option('--image <spec>', 'boot image: debian, debian:iso, nix:…, file:… ($TAPBOOT_IMAGE)')
    .option('--tag <tag>', 'only scenarios with this tag (repeatable: any of them)', collect, [])
    .option('--not-tag <tag>', 'no scenarios with this tag (repeatable)', collect, []);
  addVariableOptions(command)
    .option('--reporter <name>', 'tap or pretty (default: pretty on a terminal, else tap)')
    .option('--tap-version <number>', '13 or 14 (default: 14)')
    .option('--tap-flat', 'TAP without subtests: a point per step')
    .option('--accel <name>', 'auto, kvm or tcg (default: auto, by a probe)')
    .option('--fresh', 'use no snapshot: boot every machine anew')
    .option('--workers <number>', 'scenarios side by side (default: by cores and free memory)')
    .option('--incremental', 'resume after the last unchanged step')
    .option('--repeat <times>', 'run each scenario this many times')
    .option('--retries <times>', 'try a failed scenario again; a pass then is flaky (default: 0)')
    .option('--known-issues <file>', 'failures that are known (default: known-issues.yaml, if any)')
    .option('--report <name=file>', 'additional report (repeatable): see below', collect, [])
    .option('--budget <minutes>', 'queue what would not fit in this time (default: 45)')
    .option('--resume', 'run what an earlier run left on the queue')
    .option(
      '--capture <what>',
      'failure, every-step or none: what a capsule keeps (docs/capsules.md)',
    )
    .option('--debug', 'stop at a failure with the machine alive')
    .option('--debug-for <time>', 'how long, where there is no terminal (default: 10m)')
    .option('--log-root <directory>', 'where run directories are made ($BOOT_IMAGE_VM_LOG_ROOT)')
    .option('--no-color', 'no colour ($NO_COLOR)')
    .option('--no-install', 'install no host package (npm start would, as root on Debian)')
    .addHelpText('after', EXAMPLES)
    .action(async (scenarios: string[], options: RunOptions) => {
      context.result.exitCode = await run({ ...runFlags(options), scenarios }, context);
    });
}

/** Options as commander has them. */
interface RunOptions
  extends Omit<RunFlags, 'scenarios' | 'tags' | 'notTags' | 'variables'>, VariableOptions {
  tag: string[];
  notTag: string[];
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
