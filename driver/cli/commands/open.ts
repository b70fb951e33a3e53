import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { InvalidArgumentError, type Command } from 'commander';
import type { MomentChoice, Permission } from '../../snapshots/capsule/index.js';
import { listOf } from '../../language/yaml/show.js';
import type { CommandContext } from '../command-context.js';

const EXAMPLES = `
Examples:
  $ tapboot open capsule.tar.zst                        a root shell at the failure
  $ tapboot open capsule.tar.zst -- lsblk               run one command
  $ tapboot open capsule.tar.zst --at 5 < look.sh       run a script, before step 5

Exit code: that of the command; 4 when the machine cannot be restored here.
A capsule holds the memory of a machine, including keys. It reads no files of this host, and
its machine is isolated, unless --allow says otherwise.
`;

interface OpenFlags {
  at: MomentChoice;
  image?: string;
  force?: true;
  allow: Permission[];
}

/** `tapboot open`: the machine of a failure, running again. */
export function addOpenCommand(program: Command, context: CommandContext): void {
  program
    .command('open')
    .description('restore the machine of a failure capsule and open a shell in it')
    .argument('<capsule>', 'capsule.tar.zst of a failed run')
    .argument('[command...]', 'command, after -- (default: a root shell)')
    .option(
      '--at <moment>',
      'failure, checkpoint (the last snapshot before it), or a step number',
      moment,
      'failure',
    )
    .option('--image <spec>', 'image SPEC, if it differs on this host')
    .option('--force', 'try even if image, QEMU or arguments differ')
    .option(
      '--allow <what>',
      'let the capsule use this host: network, host-files (which replayed steps copy) or image (build its SPEC); repeatable',
      permission,
      [],
    )
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, command: string[], flags: OpenFlags) => {
      context.result.exitCode = await open(file, command, flags, context);
    });
}

function moment(value: string): MomentChoice {
  if (value === 'failure' || value === 'checkpoint') return value;
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It has to be failure, checkpoint or the number of a step.');
}

function permission(value: string, earlier: Permission[]): Permission[] {
  const known: readonly Permission[] = ['network', 'host-files', 'image'];
  const found = known.find((name) => name === value);
  if (found !== undefined) return [...earlier, found];
  throw new InvalidArgumentError(`It has to be ${listOf(known)}.`);
}

async function open(
  file: string,
  command: string[],
  flags: OpenFlags,
  { outside }: CommandContext,
): Promise<number> {
  const started = performance.now();
  const [{ join }, { inWorkspace, handOver }, { readConfig }, capsules, adhoc, images, digests] =
    await Promise.all([
      import('node:path'),
      import('../session-edge.js'),
      import('../../config/config.js'),
      import('../../snapshots/capsule/index.js'),
      import('../../interactive/host.js'),
      import('../obtain-image.js'),
      import('../../host/file-digest.js'),
    ]);
  const path = resolve(outside.workingDirectory, file);
  return await inWorkspace(outside, async (edge) => {
    const { workspace, signal, say } = edge;
    const config = readConfig(outside.environment, {}, outside.workingDirectory);
    const unpacked = await capsules.readCapsule(path, join(workspace, 'capsule'));
    const { capsule } = unpacked;
    const allow = new Set(flags.allow);
    const force = flags.force === true;
    const spec = capsules.imageAllowed(capsule, flags.image, { allow, force });
    const image = await images.obtainImage(spec, outside, signal);
    const cacheDirectory = outside.cacheDirectory();
    const host = await adhoc.adhocHost({
      config,
      accel: capsule.accelerator,
      image,
      cacheDirectory,
      workspace,
      signal,
      keys: await capsules.keysOfCapsule(capsule, join(workspace, 'keys')),
      name: 'open',
      notice: say,
    });
    const progress = { stage: () => undefined, log: () => undefined };
    await using vm = await capsules.openCapsule({
      unpacked,
      host,
      image,
      at: flags.at,
      force,
      allow,
      say,
      digest: async (of) => await digests.fileDigest(of, { cacheDirectory, progress }),
    });
    if (vm.power === 'off') {
      const { infraError } = await import('../../errors.js');
      throw infraError('TAPBOOT_E_CAPSULE_MOMENT', 'the machine was powered off at the failure', {
        hint: 'Choose an earlier moment: --at checkpoint, or --at N.',
      });
    }
    return await handOver(outside, { vm, host }, command, started, edge);
  });
}
