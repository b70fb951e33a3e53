import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diffArrays } from 'diff';
import { infraError } from '../../errors.js';
import type { BootImage } from '../../image/image.js';
import { BootImageVM } from '../../machine/boot-image-vm.js';
import type { Snapshot } from '../../machine/snapshot/snapshot.js';
import type { RunKeys, VmHost } from '../../machine/vm-host.js';
import { snapshotInputs } from '../store/inputs.js';
import type { Json } from '../store/key.js';
import type { FileDigest } from '../store/qemu-build.js';
import { unpackCapsule } from './archive.js';
import { type Moment, type MomentChoice, chooseMoment } from './choose-moment.js';
import { snapshotOfCapsule } from './entry.js';
import { CAPSULE_FILE, type Capsule, STATES, badCapsule, parseCapsule } from './format.js';
import { demandHostFiles, machineAllowed, type Permission } from './permissions.js';
import { replay } from './replay.js';

/** A capsule that has been unpacked; nothing of it has been started. */
export interface UnpackedCapsule {
  file: string;
  directory: string;
  capsule: Capsule;
}

/**
 * Unpacks a capsule and reads what it says of itself.
 * @param directory made, for its owner alone
 * @throws TapbootError `infra` TAPBOOT_E_CAPSULE
 */
export async function readCapsule(file: string, directory: string): Promise<UnpackedCapsule> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await unpackCapsule(file, directory);
  const text = await readFile(join(directory, CAPSULE_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) throw badCapsule(file, `it has no ${CAPSULE_FILE}`);
  return { file, directory, capsule: parseCapsule(text, file) };
}

/** The keys of the run that made the capsule, with the client's in a file of mode 0600. */
export async function keysOfCapsule({ keys }: Capsule, directory: string): Promise<RunKeys> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const clientKeyFile = join(directory, 'id_ed25519');
  await writeFile(clientKeyFile, `${keys.clientPrivateKey.trimEnd()}\n`, { mode: 0o600 });
  await chmod(clientKeyFile, 0o600);
  return { ...keys, clientKeyFile };
}

/** What a capsule is opened with. */
export interface OpenOptions {
  unpacked: UnpackedCapsule;
  host: VmHost;
  image: BootImage;
  at: MomentChoice;
  /** Open it though something differs. */
  force: boolean;
  /** What it may ask of this host. */
  allow: ReadonlySet<Permission>;
  digest: FileDigest;
  /** Told in lines what happens and what a person should know. */
  say: (line: string) => void;
}

/**
 * The machine of a capsule, running; closed by the caller. A restored machine has proved to
 * be the one that was saved, unless the capsule says that it cannot.
 * @throws TapbootError `infra` TAPBOOT_E_CAPSULE_MISMATCH naming every input that differs;
 *   TAPBOOT_E_CAPSULE_MOMENT for a moment that is not in it; `scenario`
 *   TAPBOOT_E_CAPSULE_PERMISSION for what is not allowed; TAPBOOT_E_RESTORE and
 *   TAPBOOT_E_RESTORE_PROOF; of a step that fails in the replay, its own
 */
export async function openCapsule(options: OpenOptions): Promise<BootImageVM> {
  const { unpacked, host, say } = options;
  const { capsule } = unpacked;
  await assertSame(options);
  const moment = chooseMoment(capsule, options.at);
  const { behind } = moment.state;
  demandHostFiles(capsule, { behind, replay: moment.replay }, options.allow);
  const state = await stateOf(options, moment);
  if (state.unasked === true) {
    const why = capsule.failure.message;
    say(
      `saved without the guest's cooperation (${why}): cannot be verified, only its console is available`,
    );
  }
  const vm = await BootImageVM.restore(host, capsule.vm, state, false);
  try {
    // One saved before its first step may have disks to come.
    if (moment.state.kind === 'proven') {
      const { machine } = capsule.scenario;
      const plugged = await vm.plugIn(machine, {
        timeoutMs: host.timeouts.loginMs,
        signal: host.signal,
      });
      if (plugged !== undefined) say(`plugged in ${plugged.disks.join(', ')}`);
    }
    if (moment.replay > behind) {
      await replay({ capsule, vm, from: moment.state, to: moment.replay, host, say });
    }
    return vm;
  } catch (error) {
    await vm.close();
    throw error;
  }
}

async function stateOf(options: OpenOptions, moment: Moment): Promise<Snapshot> {
  const { unpacked, host, image, allow, say } = options;
  const { file, directory, capsule } = unpacked;
  return await snapshotOfCapsule({
    file,
    image,
    machine: machineAllowed(capsule.scenario, allow, say),
    described: moment.state,
    firmware: host.firmware,
    directory: join(directory, STATES, moment.state.key),
  });
}

/** What has to be the same here is the same, or `--force` was said. */
async function assertSame(options: OpenOptions): Promise<void> {
  const { unpacked, host, image, force, digest, say } = options;
  const { capsule, file } = unpacked;
  const here = await snapshotInputs(host, image, capsule.scenario.machine, digest);
  const differences = inputDifferences(capsule.inputs, here);
  if (differences.length === 0) return;
  if (force) {
    for (const difference of differences) say(`differs: ${difference}`);
    return;
  }
  const other = image.identity !== capsule.image.identity;
  throw infraError(
    'TAPBOOT_E_CAPSULE_MISMATCH',
    `${file} was made with another image, QEMU or arguments`,
    {
      expected: `the same image, QEMU and arguments as in run ${capsule.run}`,
      got: `${String(differences.length)} difference${differences.length === 1 ? '' : 's'}`,
      output: differences.join('\n'),
      hint: other
        ? `Name the image that it was made from: --image SPEC (it was ${capsule.image.spec}).`
        : 'Use the same QEMU; --force tries it nevertheless.',
    },
  );
}

/** The inputs of a capsule, or of the machine that this host would start. */
export type Inputs = Record<string, Json>;

/**
 * In what two sets of inputs differ: one sentence each, naming the input. Where a disk
 * image lies does not count, only what is in it.
 */
export function inputDifferences(capsule: Inputs, here: Inputs): string[] {
  return compare('', placeless(capsule), placeless(here));
}

/** The backing image of a disk is told as `PATH DIGEST`. */
const placeless = (inputs: Inputs): Json =>
  JSON.parse(
    JSON.stringify(inputs, (key, value: unknown) =>
      key === 'backing' && typeof value === 'string' ? value.split(' ').at(-1) : value,
    ),
  ) as Json;

function compare(path: string, capsule: Json | undefined, here: Json | undefined): string[] {
  if (JSON.stringify(capsule) === JSON.stringify(here)) return [];
  if (Array.isArray(capsule) && Array.isArray(here)) {
    return compareLists(path, capsule as Json[], here as Json[]);
  }
  if (isObject(capsule) && isObject(here)) {
    const keys = [...new Set([...Object.keys(capsule), ...Object.keys(here)])].sort();
    return keys.flatMap((key) =>
      compare(path === '' ? key : `${path}.${key}`, capsule[key], here[key]),
    );
  }
  return [`${path}: the capsule has ${told(capsule)}, this host ${told(here)}`];
}

/** Lists are compared as a whole: an argument more must not make all behind it differ. */
function compareLists(path: string, capsule: Json[], here: Json[]): string[] {
  const texts = (list: Json[]): string[] => list.map((value) => JSON.stringify(value));
  const changes = diffArrays(texts(capsule), texts(here));
  const gone = changes.filter(({ removed }) => removed).flatMap(({ value }) => value);
  const come = changes.filter(({ added }) => added).flatMap(({ value }) => value);
  const words = (list: string[]): string => (list.length === 0 ? 'nothing' : list.join(' '));
  return [`${path}: the capsule has ${words(gone)}, this host ${words(come)}`];
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const told = (value: Json | undefined): string =>
  value === undefined ? 'nothing' : JSON.stringify(value);
