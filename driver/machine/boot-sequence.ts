import { kernelCommandLine } from './kernel-command-line.js';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { asTapbootError } from '../errors.js';
import type { MachineOrigin } from '../events/events.js';
import { untilStopped } from '../host/waiting.js';
import type { BootImage, BootMedium } from '../image/image.js';
import type { Machine } from '../language/machine-shape.js';
import type { Scope } from '../scope.js';
import { ConsoleRecording } from './console-recording.js';
import type { DiskSet } from './disk-set.js';
import { Guest } from './guest.js';
import { initrdOf } from '../image/content/joined-initrd.js';
import type { MachineConfig, UefiFirmware } from './qemu/arguments.js';
import { RunningMachine } from './qemu/running-machine.js';
import { cpuModel } from './qemu/version.js';
import { SerialLog } from './serial-log.js';
import type { SavedRam } from './snapshot/migration/formats.js';
import { loadRam, openRam } from './snapshot/migration/load.js';
import type { Snapshot } from './snapshot/snapshot.js';
import type { VmHost } from './vm-host.js';
import type { VmFacts } from '../events/vm-facts.js';

/** All that a machine keeps from one QEMU process to the next (a reboot starts a new one). */
export interface MachineParts {
  host: VmHost;
  name: string;
  image: BootImage;
  machine: Machine;
  medium: BootMedium;
  firmware: UefiFirmware | undefined;
  smbiosFiles: string[];
  /** The machine's own files, below the workspace. */
  directory: string;
  disks: DiskSet;
  log: SerialLog;
  scope: Scope;
  origin: MachineOrigin;
  /** Boot from this disk instead of the medium. */
  bootFrom?: string;
}

/** What of it a QEMU process is started with. */
export type QemuParts = Omit<MachineParts, 'log' | 'scope' | 'origin'>;

/** Locally administered, QEMU's prefix; one address serves, since each VM is alone on its network. */
const MAC = '52:54:00:74:62:01';

/**
 * Makes a directory below the workspace for one machine. Whatever machines are called, no two
 * share one; its path is short, since sockets lie in it.
 */
export async function ownDirectory({ workspace }: Pick<VmHost, 'workspace'>): Promise<string> {
  return await mkdtemp(join(workspace, 'vm-'));
}

export function openLog(host: VmHost, name: string): SerialLog {
  const { serialLog } = host.places(name);
  const onError =
    (file: string) =>
    (error: Error): void => {
      const message = `${file} of ${name} can no longer be written: ${error.message}`;
      host.emit({ type: 'notice', level: 'warning', message });
    };
  const filter = host.consoleFilter?.();
  const recording = new ConsoleRecording(serialLog.replace(/\.log$/, '.cast'), {
    title: name,
    onError: onError('serial.cast'),
    filter,
  });
  return new SerialLog(serialLog, onError('serial.log'), recording);
}

/** What a machine's QEMU is made of: the same for a boot and for every restore of its snapshot. */
export function machineConfig(
  parts: QemuParts,
  initrd: string | undefined,
): Omit<MachineConfig, 'sockets'> {
  const { host, name, machine, medium } = parts;
  return {
    name,
    medium,
    mac: MAC,
    network: machine.network,
    cpus: machine.cpus,
    accelerator: host.accelerator,
    smbiosFiles: parts.smbiosFiles,
    memoryMiB: Math.ceil(machine.memoryBytes / (1024 * 1024)),
    cpuModel: cpuModel(host.qemu, host.accelerator.name, machine.cpu).model,
    disks: parts.disks.forQemu(),
    initrd,
    display: machine.display === true ? true : undefined,
    firmware: parts.firmware,
    bootFrom: parts.bootFrom,
  };
}

/** What a QEMU that takes up saved RAM is started with beside that. */
export const incoming = ({
  pages,
}: Pick<SavedRam, 'pages'>): Pick<MachineConfig, 'incoming' | 'ram'> => ({
  incoming: true,
  ram: pages === undefined ? undefined : { file: pages, shared: false },
});

/** Starts QEMU and attaches to it; with a snapshot, restores that instead of booting. */
export async function startGuest(parts: MachineParts, state?: Snapshot): Promise<Guest> {
  const { host, name, directory, medium } = parts;
  const initrd = await initrdOf(medium, join(directory, 'initrd'));
  // Read once: the snapshot may be converted to another RAM format meanwhile.
  const ram = state?.ram;
  const source = ram && (await openRam(ram, host.qemu.major));
  try {
    const startedAt = performance.now();
    const running = await RunningMachine.start({
      executable: host.qemu.executable,
      socketDirectory: directory,
      log: (line) => {
        host.log(`${name}: ${line}`);
      },
      inherit: source === undefined ? undefined : source.inherit,
      config: { ...machineConfig(parts, initrd), ...(ram && incoming(ram)) },
    });
    if (host.background === true) running.unref();
    const argv = [...running.argv];
    host.emit({ type: 'vm:start', vm: name, argv, version: host.qemu.version });
    parts.log.started(startedAt);
    const guest = new Guest({
      host,
      running,
      startedAt,
      log: parts.log,
      carried: state === undefined ? undefined : { bytes: state.console },
      pastSeconds: state === undefined ? undefined : (state.ageSeconds ?? Number.POSITIVE_INFINITY),
    });
    if (state !== undefined && ram !== undefined && source !== undefined) {
      parts.log.mark(`restored from snapshot ${state.key}`);
      await resume(guest, ram, source.uri);
    }
    return guest;
  } finally {
    await source?.[Symbol.asyncDispose]();
  }
}

async function resume(guest: Guest, ram: SavedRam, uri: string): Promise<void> {
  try {
    await loadRam(guest.running.qmp, ram, uri);
    await guest.running.qmp.execute('cont');
  } catch (error) {
    await guest.close();
    throw error;
  }
}

/** From a started QEMU to a root shell, with SSH on its way in the background. */
export async function becomeUsable(parts: MachineParts, guest: Guest): Promise<void> {
  const { host, name } = parts;
  const { medium } = parts;
  // An ISO has a loader of its own, which a direct boot leaves out.
  const how = medium.kind === 'direct' && medium.iso !== undefined ? ' by direct boot' : '';
  host.emit({ type: 'phase:start', phase: 'boot', vm: name, text: `booting ${name}${how}` });
  try {
    await guest.becomeRoot(parts.image.access, host.timeouts.spawnMs);
  } finally {
    // Also of a boot that failed: a menu may have chosen what nobody wanted.
    noteKernel(parts, guest);
  }
  const seconds = guest.timings.bootToLoginSeconds ?? 0;
  host.emit({ type: 'phase:end', phase: 'boot', vm: name, text: `booted ${name}${how}`, seconds });
  if (parts.machine.network !== 'none') guest.startSsh(host.timeouts.loginMs);
  host.facts(name, factsOf(parts, guest));
  await tellReachable(parts, guest);
}

function noteKernel(parts: MachineParts, guest: Guest): void {
  const { host, name } = parts;
  const { kernel: _before, ...origin } = parts.origin;
  const kernel = kernelCommandLine(parts, guest);
  parts.origin = kernel === undefined ? origin : { ...origin, kernel };
  if (kernel !== undefined)
    host.log(`${name}: kernel command line (${kernel.source}): ${kernel.text}`);
  host.facts(name, factsOf(parts, guest));
}

/** Tells the host where the machine's sshd is to be reached, if it has a network. */
export async function tellReachable({ host, name }: MachineParts, guest: Guest): Promise<void> {
  if (host.reachable === undefined) return;
  const port = await guest.running.sshPort();
  if (port !== undefined) host.reachable(name, { port, hostKey: guest.hostKey });
}

/** What the record keeps of a machine. */
export function factsOf(parts: MachineParts, guest: Guest): VmFacts {
  const [disk, ...extra] = parts.disks.names.map((disk) => parts.disks.overlay(disk));
  const { medium } = parts;
  return {
    bootPath: medium.kind === 'direct' ? medium.kind : medium.firmware,
    diskImage: disk,
    extraDisks: extra,
    pluggedAfterBoot: parts.machine.plug === undefined ? undefined : parts.disks.names.slice(1),
    ssh: guest.sshPort === undefined ? undefined : { host: '127.0.0.1', port: guest.sshPort },
    kernel: parts.origin.kernel,
    ...guest.timings,
  };
}

/** Milliseconds for the one who gives up to say why. */
const GRACE_MS = 1000;

/**
 * Waits for SSH of a machine that has a network; see BootImageVM.settle. That it was waited for
 * in vain is said: a scenario that needs none passes all the same, only later.
 */
export async function settle(parts: MachineParts, guest: Guest): Promise<void> {
  const { host, name, machine } = parts;
  if (machine.network !== 'none') {
    const since = performance.now();
    const { loginMs } = host.timeouts;
    let reason = '';
    const connected = guest.channel('ssh', loginMs).catch((error: unknown) => {
      reason = asTapbootError(error).message;
    });
    const waiting = untilStopped(connected, loginMs + GRACE_MS, host.signal);
    const stop = await guest.guard(waiting);
    if (stop?.why === 'abort') throw stop.reason;
    if (guest.readySsh === undefined) {
      const seconds = Math.round((performance.now() - since) / 1000);
      const message = `no SSH into ${name} (${reason}), ${String(seconds)} s waited; boot_to_ssh_seconds stays unknown`;
      host.emit({ type: 'notice', level: 'warning', message });
    }
  }
  host.facts(name, factsOf(parts, guest));
  await tellReachable(parts, guest);
}
