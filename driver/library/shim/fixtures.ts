import { scenarioError } from '../../errors.js';
import { bootImageVm, type BootImageVmOptions } from '../fixture.js';
import { keepAlive } from '../keep-alive.js';
import { sessionFor, type SessionOptions } from '../sessions.js';
import { artifactOf, type BootImageBuild } from './boot-image-build.js';
import { BootImageVM } from './legacy-vm.js';

/** @deprecated The new `sshAccess()` names the key file. */
export interface SSHKeyPair {
  private_key: string;
  public_key: string;
}

/** Disks of the old fixture: 4 GiB and two of 1.5 GiB. */
const ADDITIONAL_DISKS = { vda: '4G', vdb: '1.5G', vdc: '1.5G' };

async function legacy(options: BootImageVmOptions): Promise<BootImageVM> {
  const vm = await bootImageVm(options);
  return new BootImageVM(vm, await vm.sshAccess());
}

/**
 * The shared machine with one disk, booted for this session: tests that used it were about
 * that boot. Others say `subject: 'machine'`, and get it restored from an earlier one.
 * @deprecated Use `bootImageVm({ subject: 'boot' })`, or `bootImageVm()`.
 */
export function boot_image_vm(options: BootImageVmOptions = {}): Promise<BootImageVM> {
  return legacy({ subject: 'boot', ...options });
}

/**
 * The shared machine with three disks; it may be restored from an earlier run's boot.
 * @deprecated Use `bootImageVm({ machine: { disks: { vda: '4G', vdb: '1.5G', vdc: '1.5G' } } })`.
 */
export function boot_image_vm_with_additional_disks(
  options: BootImageVmOptions = {},
): Promise<BootImageVM> {
  return legacy({ ...options, machine: { disks: ADDITIONAL_DISKS, ...options.machine } });
}

/** What the machines of a process share; boots none. */
const session = (options: SessionOptions) => keepAlive.during(() => sessionFor(options));

/**
 * What is known of the image; boots nothing.
 * @deprecated Use `vm.image`.
 */
export async function boot_image_build(options: SessionOptions = {}): Promise<BootImageBuild> {
  const { image, record } = await session(options);
  return artifactOf(image, record.directory.metadata);
}

/**
 * Path of the image's ISO; boots nothing.
 * @throws TapbootError `scenario` for an image that is booted without one
 * @deprecated Use `vm.image.artifact.iso_path`.
 */
export async function boot_image_iso(options: SessionOptions = {}): Promise<string> {
  const { image } = await session(options);
  const { iso_path: iso } = image.artifact;
  if (iso !== undefined) return iso;
  throw scenarioError('TAPBOOT_E_SHIM_ISO', `the image ${image.spec} is booted without an ISO`, {
    hint: 'Use an image layout with an ISO, e.g. `boot_image_iso({ image: "debian:iso" })`.',
  });
}

/**
 * The key that root is logged in with; boots nothing.
 * @deprecated Use `vm.ssh`, or `vm.sshAccess()` for a client of your own.
 */
export async function boot_ssh_key_pair(options: SessionOptions = {}): Promise<SSHKeyPair> {
  const { clientKeyFile } = (await session(options)).host.keys;
  return { private_key: clientKeyFile, public_key: `${clientKeyFile}.pub` };
}

/**
 * Host port of the shared machine's SSH forward; QEMU has chosen it.
 * @deprecated Use `vm.sshAccess()`.
 */
export async function ssh_forward_port(options: BootImageVmOptions = {}): Promise<number> {
  return (await boot_image_vm(options)).ssh_port;
}

/**
 * File of the shared machine's primary disk: qcow2, and in use by QEMU.
 * @deprecated Use `vm.viewDisks` or `vm.inspectDisk`, which give a raw disk that stands still.
 */
export async function vm_disk_image(options: BootImageVmOptions = {}): Promise<string> {
  const { disk_image: file } = await boot_image_vm(options);
  if (file !== undefined) return file;
  throw scenarioError('TAPBOOT_E_DISK_UNKNOWN', 'this machine has no disk vda');
}
