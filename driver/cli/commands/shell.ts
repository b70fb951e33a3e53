import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Command } from 'commander';
import type { MachineOptions } from '../../library/machine-options.js';
import type { CommandContext } from '../command-context.js';
import { collectVariable, wholeNumber } from '../option-values.js';
import { addSettings } from '../setting-options.js';

const EXAMPLES = `
Examples:
  $ tapboot shell                                        a root shell in a ready machine
  $ tapboot shell --disk vda=4G --disk vdb=1G            … with two blank disks
  $ tapboot shell --image debian:iso -- uname -a         run one command in another image
  $ tapboot shell < script.sh                            run a script

The plans in scenarios/plans are available in it as /run/tapboot/plans/NAME.sh. The machine is
removed when the shell ends. Exit code: that of the shell or command.
`;

interface ShellFlags {
  image?: string;
  accel?: string;
  disk?: Record<string, string>;
  memory?: string;
  cpus?: number;
  network?: string;
  firmware?: string;
  fresh?: true;
}

/** `tapboot shell`: a ready machine for work by hand. */
export function addShellCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('shell')
    .description('open a root shell in a booted machine')
    .argument('[command...]', 'command, after -- (default: a root shell)');
  addSettings(command, 'image', 'accel')
    .option('--disk <name=size>', 'add a blank disk (repeatable; default: vda=4G)', collectVariable)
    .option('--memory <size>', 'memory (default: 512M)')
    .option('--cpus <number>', 'virtual CPUs (default: 1)', wholeNumber(1))
    .option('--network <kind>', 'isolated, internet or none (default: isolated)')
    .option('--firmware <name>', 'bios or uefi');
  addSettings(command, 'fresh')
    .addHelpText('after', EXAMPLES)
    .action(async (command: string[], flags: ShellFlags) => {
      context.result.exitCode = await shell(command, flags, context);
    });
}

function machineOptions({ disk, memory, cpus, network, firmware }: ShellFlags): MachineOptions {
  return {
    disks: disk,
    memory,
    cpus,
    // Their values are checked by who makes the machine.
    network: network === undefined ? undefined : (network as 'isolated'),
    firmware: firmware === undefined ? undefined : (firmware as 'bios'),
  };
}

async function shell(
  command: string[],
  flags: ShellFlags,
  { outside }: CommandContext,
): Promise<number> {
  const started = performance.now();
  const [
    edges,
    { readConfig },
    { machineOf },
    { usualMachine },
    adhoc,
    ready,
    images,
    keys,
    places,
  ] = await Promise.all([
    import('../session-edge.js'),
    import('../../config/config.js'),
    import('../../library/machine-options.js'),
    import('../../image/usual-machine.js'),
    import('../../interactive/host.js'),
    import('../../interactive/ready-machine.js'),
    import('../obtain-image.js'),
    import('../../machine/run-keys.js'),
    import('../../run/scenario-arguments.js'),
  ]);
  const { image: _image, accel, fresh } = flags;
  const settings = { accel, fresh: fresh ? fresh : undefined };
  const config = readConfig(outside.environment, settings, outside.workingDirectory);
  const usual = usualMachine(flags.image ?? config.image, outside.workingDirectory);
  const machine = machineOf(machineOptions(flags), usual);
  return await edges.inWorkspace(outside, async (edge) => {
    const { workspace, signal, say } = edge;
    const image = await images.obtainImage(flags.image, outside, signal);
    const cacheDirectory = outside.cacheDirectory();
    const host = await adhoc.adhocHost({
      config,
      accel: config.accel,
      image,
      cacheDirectory,
      workspace,
      signal,
      keys: await keys.makeRunKeys(workspace),
      name: 'shell',
      notice: say,
    });
    await using made = await ready.readyMachine({ config, cacheDirectory }, host, image, machine);
    const { vm } = made;
    const { origin } = vm;
    say(origin.kind === 'booted' ? 'booted' : `restored; booted at ${origin.bootedAt}`);
    const plans = join(places.scenarioDirectory(outside), 'plans');
    const skipped = (problem: string): void => {
      say(`plan left out: ${problem}`);
    };
    const names = await ready.writePlans(vm, plans, outside.workingDirectory, skipped);
    if (names.length > 0) say(`plans in ${ready.GUEST_PLANS}: ${names.join(', ')}`);
    return await edges.handOver(outside, { vm, host }, command, started, edge);
  });
}
