import type { BootMedium } from '../../image/image.js';
import { withSerialConsole } from '../../image/iso/serial-console.js';
import { safeName } from '../../safe-name.js';
import type { AcceleratorChoice } from './accelerator.js';

/** A block device of the machine under test, always an overlay that may be thrown away. */
export interface MachineDisk {
  /** Name the guest gives it: `vda`, `vdb`, … in this order. */
  name: string;
  /** The qcow2 overlay (or fresh qcow2) on the host. */
  overlay: string;
}

/** UEFI firmware: read-only code and this machine's own variable store. */
export interface UefiFirmware {
  code: string;
  variables: string;
}

/** All that decides what QEMU is started with. Two equal values give the same argv. */
export interface MachineConfig {
  name: string;
  memoryMiB: number;
  cpus: number;
  disks: MachineDisk[];
  medium: BootMedium;
  /** One initrd file, already concatenated; only for `direct`. */
  initrd?: string;
  network: 'isolated' | 'internet' | 'none';
  firmware?: UefiFirmware;
  /** A VGA card; nothing shows it, but pictures can be taken of it. */
  display?: true;
  accelerator: AcceleratorChoice;
  /** CPU model with flags, e.g. `max,-cx16`. */
  cpuModel: string;
  /** Files with one SMBIOS type 11 string each (systemd credentials). */
  smbiosFiles: string[];
  /** MAC address; the same for a machine and the snapshots saved from it. */
  mac: string;
  /** Unix sockets that the driver listens on. */
  sockets: { qmp: string; console: string; shell: string };
  /** Boot from this disk by firmware, without the image's medium (an installed system). */
  bootFrom?: string;
  /** Wait for a snapshot (`migrate-incoming`) instead of booting. */
  incoming?: boolean;
  /**
   * RAM from this file: `shared`, what the machine writes goes into it; else it is mapped
   * copy-on-write, and any number of machines read the same pages of the host's page cache.
   */
  ram?: { file: string; shared: boolean };
}

/** Name that a `pc` machine gives to its RAM in a migration; a file in its place must be called so. */
const MAIN_RAM = 'pc.ram';

/** Id of the display device. */
export const DISPLAY = 'display0';

/** Name of the virtio-serial port that the driver's root shell uses. */
export const SHELL_PORT = 'tapboot.shell.0';

/** QEMU's id of that port's device, as its events name it. */
export const SHELL_PORT_ID = 'shell0';

/** QEMU option values take a doubled comma for a comma (qemu-options(7)). */
const quote = (value: string): string => value.replaceAll(',', ',,');

const blockdev = (value: Record<string, unknown>): string[] => ['-blockdev', JSON.stringify(value)];

/** Read-only file as a block node. */
const readOnlyNode = (node: string, file: string): string[] =>
  blockdev({
    driver: 'raw',
    'node-name': node,
    'read-only': true,
    file: { driver: 'file', filename: file, 'read-only': true },
  });

function media(config: MachineConfig): string[] {
  const { medium } = config;
  const out: string[] = [];
  if (config.bootFrom !== undefined) return out;
  if (medium.kind === 'direct') {
    out.push('-kernel', medium.kernel);
    if (config.initrd !== undefined) out.push('-initrd', config.initrd);
    out.push('-append', withSerialConsole(medium.append));
    if (medium.root !== undefined) {
      // A virtio CD: the root file system takes no /dev/vdX from the scenario's disks.
      out.push('-device', 'virtio-scsi-pci,id=scsi', ...readOnlyNode('root', medium.root));
      out.push('-device', 'scsi-cd,bus=scsi.0,drive=root,id=cd-root');
    }
    if (medium.iso !== undefined) {
      out.push(...readOnlyNode('iso', medium.iso));
      out.push('-device', 'ide-cd,drive=iso,id=cd-iso');
    }
  } else if (medium.kind === 'cd') {
    out.push(...readOnlyNode('iso', medium.iso));
    out.push('-device', 'ide-cd,drive=iso,id=cd-iso,bootindex=0');
  }
  return out;
}

/** A disk's block node, as `-blockdev` and `blockdev-add` take it. */
export const diskNode = (node: string, overlay: string): Record<string, unknown> => ({
  driver: 'qcow2',
  'node-name': node,
  // Losing power on the *host* may lose a test disk: worth it, it is made anew.
  cache: { 'no-flush': true },
  discard: 'unmap',
  // An array that is synchronised writes zeros over all of a disk: they need no room.
  'detect-zeroes': 'unmap',
  file: { driver: 'file', filename: overlay, discard: 'unmap' },
});

/** The device that shows a block node to the guest, as `device_add` takes it. */
export const diskDevice = (name: string): Record<string, string> => ({
  driver: 'virtio-blk-pci',
  drive: name,
  id: `disk-${name}`,
  serial: name,
});

function disks(config: MachineConfig): string[] {
  const bootDisk =
    config.bootFrom ?? (config.medium.kind === 'disk' ? config.disks[0]?.name : undefined);
  return config.disks.flatMap(({ name, overlay }) => {
    const { driver = '', ...properties } = diskDevice(name);
    const words = Object.entries(properties).map(([property, value]) => `${property}=${value}`);
    if (name === bootDisk) words.push('bootindex=0');
    return [...blockdev(diskNode(name, overlay)), '-device', [driver, ...words].join(',')];
  });
}

function network(config: MachineConfig): string[] {
  if (config.network === 'none') return ['-nic', 'none'];
  const restrict = config.network === 'isolated' ? ',restrict=on' : '';
  return [
    '-netdev',
    `user,id=net0${restrict},hostfwd=tcp:127.0.0.1:0-:22`,
    '-device',
    // No option ROM: booting from the network is never wanted and costs firmware time.
    `virtio-net-pci,netdev=net0,id=nic0,mac=${config.mac},romfile=`,
  ];
}

function ramFile({ ram, memoryMiB }: MachineConfig): string[] {
  if (ram === undefined) return [];
  const size = `${String(memoryMiB)}M`;
  const share = ram.shared ? 'on' : 'off';
  const file = `mem-path=${quote(ram.file)},size=${size},share=${share}`;
  return ['-object', `memory-backend-file,id=${MAIN_RAM},${file}`];
}

function firmware(config: MachineConfig): string[] {
  if (config.firmware === undefined) return [];
  return [
    ...blockdev({
      driver: 'raw',
      'node-name': 'pflash0',
      'read-only': true,
      file: { driver: 'file', filename: config.firmware.code, 'read-only': true },
    }),
    ...blockdev({
      driver: 'raw',
      'node-name': 'pflash1',
      file: { driver: 'file', filename: config.firmware.variables },
    }),
  ];
}

/**
 * QEMU's arguments for a machine. Device ids are stable: a snapshot finds its
 * devices by them.
 *
 * A panic pauses the machine (`-action panic=pause` with pvpanic-pci) so that the
 * evidence can be read before the driver ends it; without a device that reports the
 * panic, the kernel's `panic=-1` would look like a clean reboot. A reboot ends QEMU: asked
 * for, the driver starts a new one on the same disks; unasked, it must not go unseen.
 */
export function qemuArguments(config: MachineConfig): string[] {
  const { sockets } = config;
  const pflash = config.firmware === undefined ? '' : ',pflash0=pflash0,pflash1=pflash1';
  const backend = config.ram === undefined ? '' : `,memory-backend=${MAIN_RAM}`;
  return [
    ...['-name', `guest=tapboot-${safeName(config.name)}`],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none'],
    ...['-machine', `pc,usb=off,vmport=off,dump-guest-core=off${pflash}${backend}`],
    ...ramFile(config),
    ...['-accel', config.accelerator.name === 'kvm' ? 'kvm' : 'tcg,thread=multi'],
    ...['-cpu', config.cpuModel, '-smp', String(config.cpus), '-m', `${String(config.memoryMiB)}M`],
    ...['-rtc', 'base=utc,clock=host'],
    ...['-action', 'panic=pause,reboot=shutdown'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-chardev', `socket,id=qmp,path=${quote(sockets.qmp)},server=off`],
    ...['-mon', 'chardev=qmp,mode=control'],
    ...['-chardev', `socket,id=console,path=${quote(sockets.console)},server=off`],
    ...['-serial', 'chardev:console'],
    ...['-device', 'virtio-serial-pci,id=vserial'],
    ...['-chardev', `socket,id=shell,path=${quote(sockets.shell)},server=off`],
    ...[
      '-device',
      `virtserialport,bus=vserial.0,chardev=shell,id=${SHELL_PORT_ID},name=${SHELL_PORT}`,
    ],
    ...['-object', 'rng-builtin,id=rng0', '-device', 'virtio-rng-pci,rng=rng0,id=rng-device'],
    ...['-device', 'pvpanic-pci,id=panic0'],
    ...(config.display === true ? ['-device', `VGA,id=${DISPLAY}`] : []),
    ...network(config),
    ...firmware(config),
    ...media(config),
    ...disks(config),
    ...config.smbiosFiles.flatMap((file) => ['-smbios', `type=11,path=${quote(file)}`]),
    ...(config.incoming === true ? ['-incoming', 'defer'] : []),
  ];
}
