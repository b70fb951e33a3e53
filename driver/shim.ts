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
} from './library/shim/fixtures.js';
export {
  nix_executable,
  qemu_executable,
  ssh_executable,
  ssh_keygen_executable,
} from './library/shim/tools.js';
export { build_raid_residue_plan, type RaidResiduePlan } from './library/shim/residue-plan.js';
export { BootImageVM, type RunSshOptions, type RunTimings } from './library/shim/legacy-vm.js';
export type { BootImageBuild } from './library/shim/boot-image-build.js';
