import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { collect } from '../option-values.js';
import { addSettings } from '../setting-options.js';

const EXAMPLES = `
Examples:
  $ tapboot merge notes/*-vm-run                        one verdict for several run directories
  $ tapboot merge shards/ --report junit=junit.xml      all run directories in a folder
  $ tapboot merge result-1 result-2 --ledger all.jsonl  also join their ledger lines

stdout: TAP. Exit code: that of one run of all scenarios; 2 if the runs are shards (run --shard)
that together lack a scenario or have one twice.
`;

interface MergeOptions {
  report: string[];
  ledger?: string;
  tapVersion?: string;
  tapFlat?: true;
}

/** `tapboot merge`: the runs of several machines as one. */
export function addMergeCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('merge')
    .description('join the reports of several runs into one verdict')
    .argument('<report...>', 'run directories, events.jsonl files, or folders of run directories')
    .option('--report <name=file>', 'additional report, as for run (repeatable)', collect, [])
    .option('--ledger <file>', 'add the ledger lines of the runs to this ledger, each once');
  addSettings(command, 'tapVersion', 'tapFlat')
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
  const [{ findShards }, { labelled, readShard }, { checkShards }, { runMerge }, { readSettings }] =
    await Promise.all([
      import('../../record/merge/find-shards.js'),
      import('../../record/merge/shard.js'),
      import('../../record/merge/coverage.js'),
      import('../run-merge.js'),
      import('../../config/read-settings.js'),
    ]);
  const { workingDirectory, environment, stdout, stderr } = outside;
  const { tapVersion } = readSettings({}, { tapVersion: options.tapVersion });
  const read = [];
  for (const place of findShards(given.map((path) => resolve(workingDirectory, path)))) {
    read.push(await readShard(place));
  }
  const shards = labelled(read);
  checkShards(shards);
  return await runMerge({
    shards,
    reports: options.report,
    workingDirectory,
    environment,
    stdout,
    stderr,
    command: ['tapboot', ...outside.arguments],
    version: outside.version,
    tap: { version: tapVersion === '13' ? 13 : 14, flat: options.tapFlat ?? false },
    ledger: options.ledger === undefined ? undefined : resolve(workingDirectory, options.ledger),
  });
}
