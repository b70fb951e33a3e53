import { resolve } from 'node:path';
import type { Command } from 'commander';
import { textSetting } from '../../config/settings-table.js';
import type { CommandContext } from '../command-context.js';
import { megabytes, wholeNumber } from '../option-values.js';
import { addSettings } from '../setting-options.js';

const EXAMPLES = `
Examples:
  $ tapboot notes prune --dry-run               what the default limits would remove
  $ tapboot notes prune --keep 10 --max-age 30  keep the newest 10, none older than 30 days
`;

/** Limits when none is given: two weeks of work on a laptop's disk. */
const DEFAULTS = { keep: 50, maxAgeDays: 30, maxMegabytes: 2048 };
const MEGABYTE = 1024 ** 2;

interface PruneOptions {
  keep?: number;
  maxAge?: number;
  maxMegabytes?: number;
  logRoot?: string;
  dryRun?: true;
}

/** `tapboot notes prune`: removes old run directories. */
export function addNotesCommand(program: Command, context: CommandContext): void {
  const notes = program.command('notes').description('manage run directories');
  const command = notes
    .command('prune')
    .description('remove the oldest run directories, down to the limits')
    .option(
      '--keep <count>',
      `how many to keep (default: ${String(DEFAULTS.keep)})`,
      wholeNumber(0),
    )
    .option(
      '--max-age <days>',
      `age of the oldest to keep (default: ${String(DEFAULTS.maxAgeDays)})`,
      wholeNumber(0),
    )
    .option(
      '--max-megabytes <size>',
      `their total size in MiB (default: ${String(DEFAULTS.maxMegabytes)})`,
      megabytes,
    );
  addSettings(command, 'logRoot')
    .option('--dry-run', 'print what would be removed, remove nothing')
    .addHelpText(
      'after',
      `${EXAMPLES}\nWithout a limit, all three defaults apply; otherwise only the limits given.\n`,
    )
    .action(async (options: PruneOptions) => {
      await prune(options, context);
    });
}

async function prune(options: PruneOptions, { outside, result }: CommandContext): Promise<void> {
  const [{ pruneRuns }, { EXIT }] = await Promise.all([
    import('../../record/prune.js'),
    import('../../exit-code.js'),
  ]);
  const logRoot = textSetting('logRoot', outside.environment, options.logRoot);
  const directory = resolve(outside.workingDirectory, logRoot);
  const decisions = pruneRuns(directory, limits(options), { dryRun: options.dryRun ?? false });
  for (const { path, bytes, action, reason } of decisions) {
    const size = `${(bytes / MEGABYTE).toFixed(1)} MiB`;
    outside.stdout.write(`${action.padEnd(7)} ${path} (${size}): ${reason}\n`);
  }
  const gone = decisions.filter(({ action }) => action === 'removed');
  const freed = gone.reduce((sum, { bytes }) => sum + bytes, 0) / MEGABYTE;
  const verb = options.dryRun === true ? 'would be removed' : 'removed';
  outside.stdout.write(
    `${String(gone.length)} of ${String(decisions.length)} run directories ${verb}, ${freed.toFixed(1)} MiB\n`,
  );
  if (decisions.some(({ action }) => action === 'failed')) result.exitCode = EXIT.infra;
}

function limits(options: PruneOptions): { keep?: number; maxAgeDays?: number; maxBytes?: number } {
  const { keep, maxAge, maxMegabytes } = options;
  if (keep === undefined && maxAge === undefined && maxMegabytes === undefined) {
    const { keep: count, maxAgeDays } = DEFAULTS;
    return { keep: count, maxAgeDays, maxBytes: DEFAULTS.maxMegabytes * MEGABYTE };
  }
  return {
    keep,
    maxAgeDays: maxAge,
    maxBytes: maxMegabytes === undefined ? undefined : maxMegabytes * MEGABYTE,
  };
}
