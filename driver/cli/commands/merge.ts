import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { collect } from '../option-values.js';

const EXAMPLES = `
Examples:
  $ tapboot merge notes/*-vm-run                        run directories, as one verdict
  $ tapboot merge shards/ --report junit=junit.xml      a folder with run directories in it
  $ tapboot merge result-1 result-2 --ledger all.jsonl  … and their ledger lines in one ledger

stdout: TAP. Exit code: as of one run that did all of it.
`;

interface MergeOptions {
  report: string[];
  ledger?: string;
  tapVersion?: string;
  tapFlat?: true;
}

/** `tapboot merge`: the runs of several machines as one. */
export function addMergeCommand(program: Command, context: CommandContext): void {
  program
    .command('merge')
    .description('join the reports of several runs into one verdict')
    .argument('<report...>', 'run directories, files of events, or folders with run directories')
    .option('--report <name=file>', 'additional report (repeatable), as of run', collect, [])
    .option('--ledger <file>', 'add the ledger lines of the runs to this ledger, each once')
    .option('--tap-version <number>', '13 or 14 (default: 14)')
    .option('--tap-flat', 'TAP without subtests: a point per step')
    .addHelpText('after', EXAMPLES)
    .action(async (given: string[], options: MergeOptions) => {
      context.result.exitCode = await merge(given, options, context);
    });
}

async function merge(
  given: readonly string[],
  options: MergeOptions,
  { outside }: CommandContext,
): Promise<number> {
  const [{ findShards }, { labelled, readShard }, { runMerge }, { oneOf }] = await Promise.all([
    import('../../record/merge/find-shards.js'),
    import('../../record/merge/shard.js'),
    import('../run-merge.js'),
    import('../../config/variables.js'),
  ]);
  const { workingDirectory, environment, stdout, stderr } = outside;
  const version = oneOf('--tap-version', options.tapVersion ?? '14', ['13', '14']);
  const shards = [];
  for (const place of findShards(given.map((path) => resolve(workingDirectory, path)))) {
    shards.push(await readShard(place));
  }
  return await runMerge({
    shards: labelled(shards),
    reports: options.report,
    workingDirectory,
    environment,
    stdout,
    stderr,
    command: ['tapboot', ...outside.arguments],
    version: outside.version,
    tap: { version: version === '13' ? 13 : 14, flat: options.tapFlat ?? false },
    ledger: options.ledger === undefined ? undefined : resolve(workingDirectory, options.ledger),
  });
}
