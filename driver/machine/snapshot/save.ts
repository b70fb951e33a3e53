import { randomBytes } from 'node:crypto';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asTapbootError, infraError } from '../../errors.js';
import { resumeAfterSave, saveRam } from './migration/save.js';
import type { MachineParts } from '../boot-sequence.js';
import { freshenCommand, INSTALL_FRESHENER, replaceAuthorizedKey } from './refresh-guest.js';
import type { Guest } from '../guest.js';
import type { UefiFirmware } from '../qemu/arguments.js';
import { startFreshener } from './scripts.generated.js';
import type { Snapshot, SnapshotName } from './snapshot.js';

/** Milliseconds for a command of the driver's own; it takes tenths of a second. */
const OWN_COMMAND_MS = 30_000;

/**
 * Saves a running machine as it is now. It is stopped meanwhile and goes on afterwards,
 * writing to new overlays.
 * @throws TapbootError `infra` TAPBOOT_E_SAVE when a device cannot be saved, or when the
 *   guest has no shell that could later prove what was restored
 */
export async function saveSnapshot(
  parts: MachineParts,
  guest: Guest,
  { files: name, key }: SnapshotName,
): Promise<Snapshot> {
  const { shell } = guest;
  if (shell === undefined) {
    throw infraError('TAPBOOT_E_SAVE', 'this machine cannot be saved', {
      got: 'it has no shell channel, which a restored machine needs to prove its identity',
    });
  }
  const nonce = freshNonce(key);
  // Without clean pages of the page cache, the snapshot is smaller.
  const flush = `${INSTALL_FRESHENER}; sync; echo 3 > /proc/sys/vm/drop_caches`;
  await guest.guard(shell.run(flush, { timeoutMs: OWN_COMMAND_MS }));
  await guest.guard(shell.plant(nonce, shell.dialect === 'bash' ? startFreshener : ':'));
  return await saveRunning(
    parts,
    guest,
    { files: name, key: key ?? shortKey(parts, nonce) },
    nonce,
  );
}

/**
 * Saves a machine whose guest cannot be asked any more, but whose QEMU runs: nothing is
 * flushed, and nothing in its RAM proves later what it is.
 * @throws TapbootError `infra` TAPBOOT_E_SAVE when a device cannot be saved
 */
export async function saveUnasked(
  parts: MachineParts,
  guest: Guest,
  { files, key }: SnapshotName,
): Promise<Snapshot> {
  const nonce = freshNonce(key);
  const name = { files, key: key ?? shortKey(parts, nonce) };
  return { ...(await saveRunning(parts, guest, name, nonce)), unasked: true };
}

const freshNonce = (key: string | undefined): string => {
  const random = randomBytes(8).toString('hex');
  return key === undefined ? random : `${key}-${random}`;
};

/** Key of a snapshot that is of this run alone. */
const shortKey = ({ image }: MachineParts, nonce: string): string =>
  `${image.identity.slice(0, 8)}-${nonce.slice(-8)}`;

async function saveRunning(
  parts: MachineParts,
  guest: Guest,
  { files: name, key }: Required<SnapshotName>,
  nonce: string,
): Promise<Snapshot> {
  const file = join(parts.directory, `${name}.state`);
  const form = parts.host.directFormat?.() ?? 'stream';
  const { qmp } = guest.running;
  await qmp.execute('stop');
  try {
    const disks = await parts.disks.freeze(qmp);
    const firmware = await frozenFirmware(parts, name);
    const socket = join(parts.directory, `${name}.socket`);
    const bytes = await saveRam(qmp, { form, file, socket });
    const residentBytes = await peakResidentBytes(guest.running.process.pid);
    const ageSeconds = guest.age();
    return {
      key,
      ram: { form, file, bytes },
      disks,
      image: parts.image,
      machine: parts.machine,
      medium: parts.medium,
      firmware,
      smbiosFiles: parts.smbiosFiles,
      bootFrom: parts.bootFrom,
      ...bootOf(parts),
      ageSeconds: Number.isFinite(ageSeconds) ? ageSeconds : undefined,
      proof: { nonce, counter: 0 },
      console: await readFile(parts.host.places(parts.name).serialLog),
      timings: guest.timings,
      hostKey: guest.hostKey,
      consoleLogin: guest.consoleLogin ? true : undefined,
      residentBytes,
      authorizedKey: parts.host.keys.authorizedKey,
    };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await resumeAfterSave(qmp);
  }
}

/** `VmHWM` of a process (proc_pid_status(5)); undefined where that is not to be had. */
async function peakResidentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/**
 * Saves a machine that is off: its disks as they are. There is no RAM that could carry a
 * proof; that the files are those that were written is for the cache to show.
 */
export async function saveStopped(
  parts: MachineParts,
  guest: Pick<Guest, 'timings' | 'hostKey'> | undefined,
  { files: name, key }: SnapshotName,
): Promise<Snapshot> {
  const nonce = freshNonce(key);
  const { image, machine, medium, smbiosFiles, bootFrom, host } = parts;
  return {
    key: key ?? shortKey(parts, nonce),
    disks: parts.disks.frozen(),
    image,
    machine,
    medium,
    smbiosFiles,
    firmware: await frozenFirmware(parts, name),
    bootFrom,
    ...bootOf(parts),
    timings: guest?.timings ?? {},
    hostKey: guest?.hostKey,
    proof: { nonce, counter: 0 },
    console: await readFile(host.places(parts.name).serialLog),
    authorizedKey: host.keys.authorizedKey,
  };
}

/** Of the boot that a snapshot descends from. */
function bootOf({ origin }: MachineParts): Pick<Snapshot, 'bootedAt' | 'kernel'> {
  const { bootedAt, kernel } = origin;
  return { bootedAt, kernel };
}

/** The variable store as it is now: the machine goes on writing to its own. */
async function frozenFirmware(
  { firmware, directory }: MachineParts,
  name: string,
): Promise<UefiFirmware | undefined> {
  if (firmware === undefined) return undefined;
  const variables = join(directory, `${name}.fd`);
  await copyFile(firmware.variables, variables);
  return { code: firmware.code, variables };
}

/**
 * Takes up contact with a restored guest, has it prove its identity (the nonce that only
 * its RAM can hold, and a counter), and brings its clock and random pool into the present;
 * a guest of an earlier run also lets this run's key in, and that one's no more.
 * @param authorizedKey this run's client key
 * @throws TapbootError `infra` TAPBOOT_E_RESTORE_PROOF
 */
export async function proveRestored(
  guest: Guest,
  state: Snapshot,
  authorizedKey: string,
): Promise<void> {
  guest.takeOver(state);
  const shell = await guest.attachShell().catch((thrown: unknown) => {
    // A machine that is lost has its own reason, a full host for example.
    const error = asTapbootError(thrown);
    if (guest.dead) throw error;
    throw error.with(error.message, { ...error.details, snapshot: 'unproven' });
  });
  const adopt =
    state.authorizedKey === authorizedKey
      ? []
      : [replaceAuthorizedKey(state.authorizedKey, authorizedKey)];
  const then = [freshenCommand(), ...adopt].join('\n');
  const proof = await guest.guard(shell.prove(OWN_COMMAND_MS, then));
  const counter = state.proof.counter + 1;
  if (proof.nonce !== state.proof.nonce || proof.count !== counter) {
    throw infraError('TAPBOOT_E_RESTORE_PROOF', 'the restored machine is not the one saved', {
      expected: `nonce ${state.proof.nonce}, counter ${String(counter)}`,
      got: `nonce ${proof.nonce === '' ? '(none)' : proof.nonce}, counter ${String(proof.count)}`,
      hint: 'Run again with --fresh to boot instead.',
      snapshot: 'unproven',
    });
  }
}
