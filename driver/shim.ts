/**
 * The names of the pytest harness, for test files that are being moved over one by one.
 * Everything here is deprecated and says what replaces it; new tests import from `tapboot`.
 * A fixture is a function here, to be awaited; equal machines are shared as fixtures were.
 */
export {
  boot_image_build,
  boot_image_iso,
  boot_image_vm,
  boot_image_vm_with_additional_disks,
  boot_ssh_key_pair,
  ssh_forward_port,
  vm_disk_image,
  type SSHKeyPair,
} from './shim/fixtures.js';
export {
  nix_executable,
  qemu_executable,
  ssh_executable,
  ssh_keygen_executable,
} from './shim/tools.js';
export { build_raid_residue_plan, type RaidResiduePlan } from './shim/residue-plan.js';
export { BootImageVM, type RunSshOptions, type RunTimings } from './shim/legacy-vm.js';
export type { BootImageBuild } from './shim/boot-image-build.js';
