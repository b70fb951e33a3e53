import type { MachineOrigin } from '../events/events.js';
import type { BootImage } from '../image/image.js';
import type { Machine } from '../language/machine-shape.js';
import { Scope } from '../scope.js';
import {
  becomeUsable,
  factsOf,
  openLog,
  ownDirectory,
  startGuest,
  tellReachable,
  type MachineParts,
} from './boot-sequence.js';
import { writeCredentials } from './credentials.js';
import { DiskSet, type DiskRequest } from './disk-set.js';
import type { Guest } from './guest.js';
import { disksFor, firmwareFor, mediumFor } from './medium.js';
import { type Snapshot } from './snapshot/snapshot.js';
import { proveRestored } from './snapshot/save.js';
import { partsOfSnapshot } from './snapshot/parts.js';
import type { VmHost } from './vm-host.js';

/** What to boot. */
export interface BootOptions {
  /** Unique in the run; names the VM in TAP, logs and record. */
  name: string;
  image: BootImage;
  machine: Machine;
  /** Instead of blank disks; default: what machine and image ask for. */
  disks?: DiskRequest[];
}

/** A machine that runs, and who talks to it. Closed by the controller. */
export interface CreatedMachine {
  parts: MachineParts;
  /** Absent of a machine that was saved when it was off. */
  guest: Guest | undefined;
}

/** Boots an image up to a root shell; see BootImageVM.boot. */
export async function bootMachine(host: VmHost, options: BootOptions): Promise<CreatedMachine> {
  const { name, image, machine } = options;
  const medium = mediumFor(image, machine);
  if (machine.cpu !== undefined && host.accelerator.name === 'kvm') {
    const message = `${name}: machine.cpu (${machine.cpu}) is ignored under KVM: the guest has the host's CPU`;
    host.emit({ type: 'notice', level: 'warning', message });
  }
  await using scope = new Scope();
  const directory = await ownDirectory(host);
  const [disks, firmware, smbiosFiles] = await Promise.all([
    DiskSet.create(directory, options.disks ?? disksFor(machine, medium)),
    firmwareFor(medium, directory, host.firmware),
    image.access.root === 'console' ? [] : writeCredentials(directory, host.keys),
  ]);
  const log = scope.use(openLog(host, name));
  const origin: MachineOrigin = { kind: 'booted', bootedAt: new Date().toISOString() };
  const parts: MachineParts = {
    host,
    name,
    image,
    machine,
    medium,
    firmware,
    smbiosFiles,
    directory,
    disks,
    log,
    scope: new Scope(),
    origin,
  };
  host.facts(name, { origin });
  const guest = scope.use(await startGuest(parts));
  await becomeUsable(parts, guest);
  parts.scope = scope.release();
  return { parts, guest };
}

/** Restores a snapshot into a new QEMU; see BootImageVM.restore. */
export async function restoreMachine(
  host: VmHost,
  name: string,
  state: Snapshot,
  sameRun: boolean,
): Promise<CreatedMachine> {
  await using scope = new Scope();
  const beginning = await partsOfSnapshot(host, name, state, sameRun);
  const log = scope.use(openLog(host, name));
  const { key, bootedAt, kernel } = state;
  const origin: MachineOrigin = { kind: 'restored', key, bootedAt, sameRun, kernel };
  const parts: MachineParts = { ...beginning, log, scope: new Scope(), origin };
  host.facts(name, { origin });
  if (state.ram === undefined) {
    await state.verified;
    log.write(state.console);
    parts.scope = scope.release();
    return { parts, guest: undefined };
  }
  const guest = scope.use(await startGuest(parts, state));
  if (state.unasked === true) guest.takeOver(state);
  // Side by side: nobody else gets the machine before both are through.
  const proven =
    state.unasked === true ? undefined : proveRestored(guest, state, host.keys.authorizedKey);
  await Promise.all([state.verified, proven]);
  host.facts(name, factsOf(parts, guest));
  await tellReachable(parts, guest);
  parts.scope = scope.release();
  return { parts, guest };
}
