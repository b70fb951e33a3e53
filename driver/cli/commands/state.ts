import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import type { Outside } from '../outside.js';
import { megabytes } from '../option-values.js';
import type { EntryFacts, Eviction } from '../../snapshots/store/eviction.js';
import type { StateStore } from '../../snapshots/store/store.js';

const EXAMPLES = `
Examples:
  $ tapboot state list
  $ tapboot state prune --max-megabytes 1024
  $ tapboot state clear

Saved states lie in $TAPBOOT_STATE_DIR, else in the cache directory; $TAPBOOT_STATE_LIMIT (MiB)
is what they may take; $TAPBOOT_RAM_FORM (auto, stream, mapped-ram, shared-ram) is how they keep
RAM. They hold the memory of machines, and with it keys: treat them so.
`;

const MEGABYTE = 1024 ** 2;

/** `tapboot state list|prune|clear`: looks after the saved states of machines. */
export function addStateCommand(program: Command, context: CommandContext): void {
  const state = program.command('state').description('look after the saved states of machines');
  state
    .command('list')
    .description('list the saved states, the one used last first')
    .option('--json', 'all that is known of them as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { json?: true }) => {
      await list(options.json === true, context);
    });
  state
    .command('prune')
    .description('remove damaged states, what killed runs left, and what is above the limit')
    .option('--max-megabytes <size>', 'what they may take together', megabytes)
    .addHelpText('after', EXAMPLES)
    .action(async ({ maxMegabytes }: { maxMegabytes?: number }) => {
      const limit = maxMegabytes === undefined ? undefined : maxMegabytes * MEGABYTE;
      const store = await openStore(context.outside);
      report(await store.prune(limit), context);
    });
  state
    .command('clear')
    .description('remove all saved states that no running process uses')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const store = await openStore(context.outside);
      report(await store.clear(), context);
    });
}

async function openStore(outside: Outside): Promise<StateStore> {
  const [{ readConfig }, { StateStore: Store, statesDirectory }] = await Promise.all([
    import('../../config/config.js'),
    import('../../snapshots/store/store.js'),
  ]);
  const config = readConfig(outside.environment, {}, outside.workingDirectory);
  return new Store({
    directory: statesDirectory(config.stateDirectory, outside.cacheDirectory()),
    limitBytes: config.stateLimitBytes,
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
  outside.stdout.write(`${String(entries.length)} saved states, ${size(total)}\n`);
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
    `${String(gone.length)} of ${String(decisions.length)} saved states removed, ${size(freed)}\n`,
  );
}
