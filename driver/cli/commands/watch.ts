import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { addSettings } from '../setting-options.js';
import { addVariableOptions, variableFlags, type VariableOptions } from '../variable-options.js';
import type { RunFlags } from '../run-flags.js';

const EXAMPLES = `
Examples:
  $ tapboot watch removes-raid-lvm-residue          rerun one scenario at each save
  $ tapboot watch scenarios/mine.yaml --var size=4G

Each run resumes after the last unchanged step, in a machine restored from the snapshot taken
there. Reused steps are shown as reused, never as passed: for a verdict on the whole scenario, run
it once with tapboot run. Ctrl-C ends.
`;

/** `tapboot watch`: runs again at each save of a file. */
export function addWatchCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('watch')
    .description('rerun scenarios when their files change, from the last unchanged step')
    .argument('[scenario...]', 'names, ids or files; default: all in scenarios/');
  addVariableOptions(addSettings(command, 'image'));
  addSettings(command, 'reporter', 'accel', 'workers', 'timeoutFactor', 'logRoot', 'color')
    .addHelpText('after', EXAMPLES)
    .action(async (scenarios: string[], options: WatchOptions) => {
      const { var: _asVariables, ...settings } = options;
      const flags = { ...settings, ...variableFlags(options), scenarios, incremental: true };
      await watch({ ...flags, tags: [], notTags: [] }, context);
    });
}

/** Options as commander has them. */
type WatchOptions = Omit<RunFlags, 'scenarios' | 'tags' | 'notTags' | 'variables'> &
  VariableOptions;

async function watch(flags: RunFlags, { outside }: CommandContext): Promise<void> {
  const [{ runRequest }, { watchScenarios }, { interruptSignal }] = await Promise.all([
    import('../run-request.js'),
    import('../../interactive/watch/watch.js'),
    import('../interrupt.js'),
  ]);
  const { signal, release } = interruptSignal('ending');
  try {
    await watchScenarios((stop) => runRequest(flags, outside, stop), signal);
  } finally {
    release();
  }
}
