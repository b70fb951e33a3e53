import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import type { RunFlags } from '../run-flags.js';
import { collect } from '../option-values.js';
import { addVariableOptions, variableFlags, type VariableOptions } from '../variable-options.js';

const EXAMPLES = `
Examples:
  $ tapboot run                                     all scenarios, on the embedded image
  $ tapboot run removes-raid-lvm-residue            one, by name
  $ tapboot run --tag network --not-tag slow        by tag
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
    .argument('[scenario...]', 'names, ids or files; default: all in scenarios/')
    .option('--image <spec>', 'boot image: debian, debian:iso, nix:…, file:… ($TAPBOOT_IMAGE)')
    .option(
      '--tag <tag>',
      'run only scenarios with this tag (repeatable: any of them)',
      collect,
      [],
    )
    .option('--not-tag <tag>', 'skip scenarios with this tag (repeatable)', collect, []);
  addVariableOptions(command)
    .option('--reporter <name>', 'tap or pretty (default: pretty on a terminal, else tap)')
    .option('--tap-version <number>', '13 or 14 (default: 14)')
    .option('--tap-flat', 'TAP without subtests: one test point per step')
    .option('--accel <name>', 'auto, kvm or tcg (default: auto, KVM where a probe succeeds)')
    .option('--fresh', 'ignore snapshots: boot every machine')
    .option('--workers <number>', 'run scenarios in parallel (default: by cores and free memory)')
    .option('--incremental', 'resume after the last unchanged step')
    .option('--repeat <times>', 'run each scenario this many times')
    .option('--retries <times>', 'retry a failed scenario; a later pass is flaky (default: 0)')
    .option(
      '--known-issues <file>',
      'list of tolerated failures (default: known-issues.yaml, if any)',
    )
    .option('--report <name=file>', 'additional report, see below (repeatable)', collect, [])
    .option('--budget <minutes>', 'queue scenarios that do not fit (default: 45)')
    .option('--resume', 'run the scenarios that an earlier run queued')
    .option('--capture <what>', 'what a failure capsule keeps: failure, every-step or none')
    .option('--debug', 'stop at a failure and keep the machine running')
    .option('--debug-for <time>', 'with --debug and no terminal: keep it this long (default: 10m)')
    .option('--log-root <directory>', 'parent of the run directories ($BOOT_IMAGE_VM_LOG_ROOT)')
    .option('--no-color', 'print without colours ($NO_COLOR)')
    .option('--no-install', 'with npm start: do not install host packages')
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
