import { Option, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import type { Outside } from '../outside.js';
import { megabytes } from '../option-values.js';
import type { EntryFacts, Eviction } from '../../snapshots/store/eviction.js';
import type { SnapshotStore } from '../../snapshots/store/store.js';

const EXAMPLES = `
Examples:
  $ tapboot snapshot list
  $ tapboot snapshot prune --max-megabytes 1024
  $ tapboot snapshot prune --old
  $ tapboot snapshot clear

Snapshots are kept in $TAPBOOT_SNAPSHOT_DIR, else in the cache directory. $TAPBOOT_SNAPSHOT_LIMIT
(MiB) limits their total size; $TAPBOOT_RAM_FORMAT (auto, stream, mapped-ram, shared-ram) selects
the RAM format. Snapshots hold the memory of machines, including keys: protect them.
`;

const MEGABYTE = 1024 ** 2;

/** `tapboot snapshot list|prune|clear`: looks after the snapshots of machines. */
export function addSnapshotCommand(program: Command, context: CommandContext): void {
  const snapshot = program.command('snapshot').description('list and remove snapshots of machines');
  snapshot
    .command('list')
    .description('list the snapshots, most recently used first')
    .option('--json', 'print JSON, with all details')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { json?: true }) => {
      await list(options.json === true, context);
    });
  snapshot
    .command('prune')
    .description(
      'remove damaged snapshots, leftovers of killed runs, and what exceeds the size limit',
    )
    .addOption(
      new Option('--max-megabytes <size>', 'limit of their total size in MiB')
        .argParser(megabytes)
        .conflicts('old'),
    )
    .option('--old', 'remove the snapshots of version 0.1 instead')
    .addHelpText('after', EXAMPLES)
    .action(async ({ maxMegabytes, old }: { maxMegabytes?: number; old?: true }) => {
      const store = await openStore(context.outside, old === true);
      const limit = maxMegabytes === undefined ? undefined : maxMegabytes * MEGABYTE;
      report(await (old === true ? store.removeOld() : store.prune(limit)), context);
    });
  snapshot
    .command('clear')
    .description('remove all snapshots that no running process uses')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const store = await openStore(context.outside);
      report(await store.clear(), context);
    });
}

async function openStore(outside: Outside, old = false): Promise<SnapshotStore> {
  const [{ readConfig }, stores] = await Promise.all([
    import('../../config/config.js'),
    import('../../snapshots/store/store.js'),
  ]);
  const config = readConfig(outside.environment, {}, outside.workingDirectory);
  const cache = outside.cacheDirectory();
  return new stores.SnapshotStore({
    directory: old
      ? stores.oldSnapshotsDirectory(cache)
      : stores.snapshotsDirectory(config.snapshotDirectory, cache),
    limitBytes: config.snapshotLimitBytes,
    notice: (message) => {
      outside.stderr.write(`tapboot: ${message}\n`);
    },
  });
}

async function list(json: boolean, { outside }: CommandContext): Promise<void> {
  const store = await openStore(outside);
  const entries = await store.list();
  if (json) {
    outside.stdout.write(`${JSON.stringify(entries, null, 2)}\n`);
    return;
  }
  for (const entry of entries) outside.stdout.write(`${line(entry)}\n`);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  outside.stdout.write(`${String(entries.length)} snapshots, ${size(total)}\n`);
}

const size = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MiB`;

function line({ key, bytes, lastUsed, inUse, manifest, problem }: EntryFacts): string {
  const what =
    manifest === undefined
      ? `damaged: ${problem ?? ''}`
      : `${manifest.image.spec}, ${shape(manifest.machine)}, ${manifest.ram?.form ?? 'powered off'}, booted at ${manifest.bootedAt}`;
  const used = `used at ${new Date(lastUsed).toISOString()}`;
  return [key, size(bytes), what, used, ...(inUse ? ['in use'] : [])].join('  ');
}

function shape(machine: NonNullable<EntryFacts['manifest']>['machine']): string {
  const disks = machine.disks.map(({ name, sizeBytes }) => `${name} ${size(sizeBytes)}`);
  return [size(machine.memoryBytes), ...disks].join(' + ');
}

function report(decisions: readonly Eviction[], { outside }: CommandContext): void {
  for (const { entry, action } of decisions) {
    const why = entry.problem === undefined ? '' : `: ${entry.problem}`;
    outside.stdout.write(`${action.padEnd(7)} ${entry.key} (${size(entry.bytes)})${why}\n`);
  }
  const gone = decisions.filter(({ action }) => action === 'removed');
  const freed = gone.reduce((sum, { entry }) => sum + entry.bytes, 0);
  outside.stdout.write(
    `${String(gone.length)} of ${String(decisions.length)} snapshots removed, ${size(freed)}\n`,
  );
}
