import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { SCRIPT_VERSION } from '../../channel/shell/guest-script.js';
import { mediumFor } from '../../machine/medium.js';
import type { VmHost } from '../../machine/vm-host.js';
import type { BootImage, BootMedium } from '../../image/image.js';
import { findFirmware } from '../../machine/qemu/firmware.js';
import { qemuArguments } from '../../machine/qemu/arguments.js';
import { cpuModel } from '../../machine/qemu/version.js';
import type { Machine } from '../../language/machine-shape.js';
import { qemuFiles, type FileDigest } from './qemu-build.js';
import { STATE_PROTOCOL, type SnapshotInputs } from './key.js';

/** What of the host a key depends on. */
export type KeyHost = Pick<VmHost, 'qemu' | 'accelerator' | 'firmware'>;

/**
 * Gathers everything that a boot of `machine` from `image` on this host depends on. QEMU's
 * arguments are those that it would really be started with; sockets, names, overlays and
 * keys, which differ from run to run, are replaced by fixed words.
 * @param digest of a file; expected to remember, since images are large
 */
export async function snapshotInputs(
  host: KeyHost,
  image: BootImage,
  machine: Machine,
  digest: FileDigest,
): Promise<SnapshotInputs> {
  const medium = mediumFor(image, machine);
  const [files, told, firmware, seen] = await Promise.all([
    qemuFiles(host.qemu, digest),
    toldByContent(medium, digest),
    firmwareByContent(medium, host.firmware, digest),
    host.accelerator.name === 'kvm' ? hostCpu() : null,
  ]);
  const argv = qemuArguments({
    name: 'machine',
    mac: '-',
    network: machine.network,
    cpus: machine.cpus,
    accelerator: host.accelerator,
    medium: told.medium,
    smbiosFiles: ['credentials'],
    memoryMiB: Math.ceil(machine.memoryBytes / (1024 * 1024)),
    cpuModel: cpuModel(host.qemu, host.accelerator.name, machine.cpu).model,
    disks: machine.disks.map(({ name }) => ({ name, overlay: name })),
    sockets: { qmp: 'qmp', console: 'console', shell: 'shell' },
    initrd: told.initrd,
    firmware,
    display: machine.display === true ? true : undefined,
  });
  return {
    protocol: STATE_PROTOCOL,
    architecture: process.arch,
    guestShell: SCRIPT_VERSION,
    qemu: { version: host.qemu.version, files },
    accelerator: host.accelerator.name,
    host: seen,
    argv,
    disks: machine.disks.map(({ name, sizeBytes }, index) => ({
      name,
      sizeBytes,
      backing: index === 0 && told.medium.kind === 'disk' ? told.medium.disk : null,
    })),
    image: { identity: image.identity, access: { ...image.access } },
  };
}

/** The medium with every path replaced by the digest of what lies there. */
async function toldByContent(
  medium: BootMedium,
  digest: FileDigest,
): Promise<{ medium: BootMedium; initrd?: string }> {
  if (medium.kind === 'cd') return { medium: { ...medium, iso: await digest(medium.iso) } };
  if (medium.kind === 'disk') {
    // The place counts too: the overlays of an entry name it as their backing file.
    return { medium: { ...medium, disk: `${medium.disk} ${await digest(medium.disk)}` } };
  }
  const { kernel, initrds, root, iso } = medium;
  const initrd = await Promise.all(initrds.map(digest));
  return {
    medium: {
      ...medium,
      kernel: await digest(kernel),
      root: root === undefined ? undefined : await digest(root),
      iso: iso === undefined ? undefined : await digest(iso),
    },
    initrd: initrd.length === 0 ? undefined : initrd.join('+'),
  };
}

/** Code and pristine variable store, by content. */
async function firmwareByContent(
  medium: BootMedium,
  override: string | undefined,
  digest: FileDigest,
): Promise<{ code: string; variables: string } | undefined> {
  if (medium.kind === 'direct' || medium.firmware === 'bios') return undefined;
  const { code, pristine } = await findFirmware(override);
  return { code: await digest(code), variables: await digest(pristine) };
}

/** What a guest under KVM sees of the host: CPU model, features, microcode; and the kernel. */
async function hostCpu(): Promise<string> {
  const text = await readFile('/proc/cpuinfo', 'utf8');
  const facts = [
    'vendor_id',
    'cpu family',
    'model',
    'model name',
    'stepping',
    'microcode',
    'flags',
  ];
  const found = facts.map(
    (fact) => new RegExp(`^${fact}\\s*:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '',
  );
  return [release(), ...found].join('\n');
}
